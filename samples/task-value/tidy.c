// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: each request clears at its end the value that it set. */
#include "dlpin.h"
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t tenant;

ENTRY(start)
{
    int error = pthread_key_create(&tenant, NULL);

    return error;
}

ENTRY(stop)
{
    int error = pthread_key_delete(tenant);

    return error;
}

ENTRY(serve_tenant)
{
    dlpin_task_begin("request of a tenant");
    pthread_setspecific(tenant, "alpha");
    (void)pthread_getspecific(tenant);
    pthread_setspecific(tenant, NULL);
    dlpin_task_end();
    return 0;
}

ENTRY(serve_anonymous)
{
    dlpin_task_begin("anonymous request");
    if (pthread_getspecific(tenant))
        abort();
    dlpin_task_end();
    return 0;
}
