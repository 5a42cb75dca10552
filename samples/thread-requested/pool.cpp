// SPDX-License-Identifier: MIT
/* libpool.so: see pool.h. Nothing here is wrong. */
#include "pool.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace
{

/* Never destroyed: the thread may wait for it until the process has ended. */
std::mutex &lock = *new std::mutex;
std::condition_variable &changed = *new std::condition_variable;
std::thread *worker;
int jobs;
bool stopped;

void run()
{
    std::unique_lock<std::mutex> guard(lock);

    while (!stopped) {
        jobs = 0;
        changed.notify_all();
        changed.wait(guard);
    }
}

} // namespace

void pool_add_job()
{
    std::unique_lock<std::mutex> guard(lock);

    jobs++;
    if (!worker) {
        stopped = false;
        worker = new std::thread(run);
    }
    changed.notify_all();
    changed.wait(guard, [] { return jobs == 0; });
}

void pool_stop()
{
    {
        std::lock_guard<std::mutex> guard(lock);
        stopped = true;
    }
    changed.notify_all();
    if (worker)
        worker->join();
    delete worker;
    worker = nullptr;
}
