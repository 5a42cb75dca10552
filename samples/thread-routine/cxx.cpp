// SPDX-License-Identifier: MIT
/*
 * Defect: a std::thread that is detached and runs on. Its start routine proper lies in libstdc++;
 * the function that this calls lies in the plug-in, behind a virtual function of the thread's
 * argument.
 *
 * Report: thread-routine about this plug-in.
 *
 * Fix: start_clean(): its thread is told to stop, and joined before the unload.
 */
#include "host.h"
#include "plugin.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace
{

class Worker
{
  public:
    ~Worker()
    {
        {
            std::lock_guard<std::mutex> guard(lock);
            stopped = true;
        }
        changed.notify_all();
        if (thread.joinable())
            thread.join();
    }
    void start()
    {
        thread = std::thread(&Worker::run, this);
        std::unique_lock<std::mutex> guard(lock);
        changed.wait(guard, [this] { return running; });
    }

  private:
    void run()
    {
        std::unique_lock<std::mutex> guard(lock);
        running = true;
        changed.notify_all();
        changed.wait(guard, [this] { return stopped; });
    }

    std::mutex lock;
    std::condition_variable changed;
    bool running = false, stopped = false;
    std::thread thread;
};

Worker worker;

void session_run(const std::string &)
{
    host_park();
}

} // namespace

ENTRY(start)
{
    std::thread([] { host_park(); }).detach();
    host_await();
    return 0;
}

ENTRY(start_function)
{
    std::thread(session_run, SECRET).detach();
    host_await();
    return 0;
}

ENTRY(start_clean)
{
    worker.start();
    return 0;
}
