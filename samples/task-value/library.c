// SPDX-License-Identifier: MIT
/* The value is set through another library. */
#include "dlpin.h"
#include "plugin.h"
#include "support.h"

#include <pthread.h>

static pthread_key_t tenant;

ENTRY(start)
{
    int error = support_key_create(&tenant, NULL);

    return error;
}

ENTRY(stop)
{
    int error = support_key_delete(tenant);

    return error;
}

ENTRY(serve_tenant)
{
    int error;

    dlpin_task_begin("request of a tenant");
    error = support_set(tenant, "alpha");
    dlpin_task_end();
    return error;
}

ENTRY(serve_anonymous)
{
    void *volatile name;

    dlpin_task_begin("anonymous request");
    name = pthread_getspecific(tenant);
    (void)name;
    dlpin_task_end();
    return 0;
}
