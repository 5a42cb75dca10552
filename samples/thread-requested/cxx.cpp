// SPDX-License-Identifier: MIT
/*
 * Defect: the plug-in gives a job to a pool in another library, which starts a std::thread for it.
 * The thread was created by libstdc++, for the library, for this plug-in.
 *
 * Report: thread-requested about this plug-in.
 */
#include "plugin.h"
#include "pool.h"

ENTRY(start)
{
    pool_add_job();
    return 0;
}

ENTRY(stop)
{
    pool_stop();
    return 0;
}
