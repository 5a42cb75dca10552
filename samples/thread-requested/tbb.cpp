// SPDX-License-Identifier: MIT
/*
 * Defect: threads of TBB, which the library starts for the work that it gets, and keeps.
 *
 * Report: thread-requested, held, note, where the library stays; where it is unmapped with the
 * plug-in, thread-routine, dangling, error, about the library.
 *
 * Fix: start_clean() and stop(), which ends them and waits for them.
 */
#include "plugin.h"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <new>
#include <thread>

namespace
{

tbb::task_scheduler_handle handle;

/* A thread of TBB's does the work that is enqueued, also where there is only one processor. */
void run()
{
    tbb::task_arena arena(2);
    std::atomic<bool> done{false};

    arena.enqueue([&done] { done = true; });
    while (!done)
        std::this_thread::yield();
}

} // namespace

ENTRY(start)
{
    run();
    return 0;
}

ENTRY(start_clean)
{
    handle = tbb::task_scheduler_handle{tbb::attach{}};
    run();
    return 0;
}

ENTRY(stop)
{
    return tbb::finalize(handle, std::nothrow) ? 0 : -1;
}
