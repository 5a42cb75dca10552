// SPDX-License-Identifier: MIT
/*
 * Defect: a task of std::async that runs on. The plug-in has its std::future, in an object that it
 * never deletes.
 *
 * Report: thread-routine about this plug-in.
 *
 * Fix: start_clean() waits for the std::future before the unload.
 */
#include "host.h"
#include "plugin.h"

#include <future>

ENTRY(start)
{
    auto *left = new std::future<void>(std::async(std::launch::async, [] { host_park(); }));

    host_await();
    return left->valid() ? 0 : -1;
}

ENTRY(start_clean)
{
    auto future = std::async(std::launch::async, [] {});

    future.wait();
    return 0;
}
