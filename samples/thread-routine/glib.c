// SPDX-License-Identifier: MIT
/*
 * Defect: a GThread that runs on. Its start routine proper lies in GLib, which stays; the function
 * that it calls lies in the plug-in.
 *
 * Report: thread-routine about this plug-in.
 *
 * Fix: start_clean(), and g_thread_join() before the unload.
 */
#include "host.h"
#include "plugin.h"

#include <glib.h>
#include <semaphore.h>

static GThread *clean_thread;
static sem_t stopped;

static gpointer routine(gpointer data)
{
    (void)data;
    host_park();
}

static gpointer clean_routine(gpointer data)
{
    while (sem_wait(&stopped) != 0)
        ;
    return data;
}

ENTRY(start)
{
    g_thread_unref(g_thread_new("session", routine, NULL));
    host_await();
    return 0;
}

ENTRY(start_clean)
{
    sem_init(&stopped, 0, 0);
    clean_thread = g_thread_new("session", clean_routine, NULL);
    return 0;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (!clean_thread)
        return;
    sem_post(&stopped);
    g_thread_join(clean_thread);
}
