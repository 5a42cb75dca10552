// SPDX-License-Identifier: MIT
/*
 * Defect: a filter that keeps the tenant of the running request in a thread-specific value, and
 * does not clear it. Threads of a pool serve one request after the other; the requests are marked
 * with dlpin_task_begin() and dlpin_task_end().
 *
 * Consequence: a request that names no tenant is served with the data of the tenant before it on
 * the same thread.
 *
 * Report: task-value, stale, note: the value is still there when the task ends; warning where a
 * later task reads the value before setting it, or where each task leaves one more.
 *
 * Fix: tidy.c.
 */
#include "dlpin.h"
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

static pthread_key_t tenant, cache;
static tss_t tenant_c11;

static void set_tenant(const char *name)
{
    if (pthread_setspecific(tenant, name) != 0)
        abort();
}

static const char *get_tenant(void)
{
    const char *volatile name = pthread_getspecific(tenant); /* volatile: not a jump */

    return name;
}

ENTRY(start)
{
    int error = pthread_key_create(&tenant, NULL) || pthread_key_create(&cache, free) ||
                tss_create(&tenant_c11, NULL) != thrd_success;

    return error;
}

ENTRY(stop)
{
    pthread_key_delete(tenant);
    pthread_key_delete(cache);
    tss_delete(tenant_c11);
    return 0;
}

/* A request that says whose it is. */
ENTRY(serve_tenant)
{
    dlpin_task_begin("request of a tenant");
    set_tenant("alpha");
    (void)get_tenant();
    dlpin_task_end();
    return 0;
}

/* A request that names no tenant trusts the value that it finds. */
ENTRY(serve_anonymous)
{
    dlpin_task_begin("anonymous request");
    (void)get_tenant();
    dlpin_task_end();
    return 0;
}

ENTRY(serve_tenant_c11)
{
    dlpin_task_begin("request of a tenant");
    tss_set(tenant_c11, (void *)"alpha");
    dlpin_task_end();
    return 0;
}

ENTRY(serve_anonymous_c11)
{
    dlpin_task_begin("anonymous request");
    (void)(tss_get(tenant_c11) ? get_tenant() : NULL);
    dlpin_task_end();
    return 0;
}

/* A task inside a task belongs to it: what the inner one sets is the outer one's. */
ENTRY(serve_nested)
{
    dlpin_task_begin("outer");
    dlpin_task_begin("inner");
    set_tenant("alpha");
    dlpin_task_end();
    (void)get_tenant();
    set_tenant(NULL);
    dlpin_task_end();
    return 0;
}

ENTRY(serve_nested_left)
{
    dlpin_task_begin("outer");
    dlpin_task_begin("inner");
    set_tenant("alpha");
    dlpin_task_end();
    dlpin_task_end();
    return 0;
}

/* Each request makes a key of its own. */
ENTRY(serve_with_key)
{
    pthread_key_t key;

    dlpin_task_begin(NULL);
    if (pthread_key_create(&key, NULL) != 0 || pthread_setspecific(key, NUMBER) != 0)
        return -1;
    dlpin_task_end();
    return 0;
}

/* Cleared too late, but before anybody could see it. */
ENTRY(clear_afterwards)
{
    set_tenant(NULL);
    return 0;
}

/* A value that is set outside of any task belongs to the thread. */
ENTRY(set_outside)
{
    set_tenant("everybody");
    return 0;
}

/* A cache of each thread, which is meant to stay. */
ENTRY(serve_with_cache)
{
    dlpin_task_begin("request with a cache");
    if (!pthread_getspecific(cache)) {
        dlpin_ignore_begin();
        pthread_setspecific(cache, strdup(SECRET));
        dlpin_ignore_end();
    }
    dlpin_task_end();
    return 0;
}

/* An end without a beginning. */
ENTRY(end_only)
{
    dlpin_task_end();
    return 0;
}
