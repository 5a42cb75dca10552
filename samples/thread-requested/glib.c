// SPDX-License-Identifier: MIT
/*
 * Defect: a GThreadPool, used and freed as it should be. GLib keeps the threads of its pools: they
 * wait in GLib for the next pool that needs one.
 *
 * Report: thread-requested about this plug-in, the first that used a pool. This is harmless.
 */
#include "plugin.h"

#include <glib.h>

static gint jobs;

static void work(gpointer data, gpointer user_data)
{
    (void)data;
    (void)user_data;
    g_atomic_int_inc(&jobs);
}

ENTRY(start)
{
    GThreadPool *pool = g_thread_pool_new(work, NULL, 1, FALSE, NULL);

    if (!pool || !g_thread_pool_push(pool, NUMBER, NULL))
        return -1;
    g_thread_pool_free(pool, FALSE, TRUE);
    return g_atomic_int_get(&jobs) == 1 ? 0 : -1;
}
