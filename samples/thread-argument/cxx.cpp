// SPDX-License-Identifier: MIT
/*
 * Defect: an object as the argument of a thread that runs code of the host. The object has virtual
 * functions, which lie in the plug-in.
 *
 * Report: thread-argument about this plug-in.
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <string>

namespace
{

class Job
{
  public:
    virtual ~Job() = default;
    virtual void run()
    {
        text += '.';
    }

  protected:
    std::string text = SECRET;
};

Job fixed;

int serve(Job *job)
{
    pthread_t thread;

    if (pthread_create(&thread, nullptr, host_service, job) != 0)
        return -1;
    host_await();
    return 0;
}

} // namespace

ENTRY(start_image)
{
    return serve(&fixed) == 0 ? 0 : -1;
}

ENTRY(start_new)
{
    return serve(new Job) == 0 ? 0 : -1;
}
