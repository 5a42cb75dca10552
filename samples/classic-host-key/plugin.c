// SPDX-License-Identifier: MIT
/*
 * A classic of the servlet container: the container, or a library of it, has a ThreadLocal, and a
 * web application stores an object of a class of its own in it. Here: the host's key, and as value
 * an object of the plug-in with a pointer to the plug-in's code.
 *
 * Report: key-value. A static of the plug-in (use_static): dangling, error. A heap block
 * (use_block): lost, warning.
 *
 * Fix: tidy.c.
 */
#include "host.h"
#include "plugin.h"

#include <stdlib.h>

struct handler {
    int (*handle)(const char *request);
    const char *name;
};

static int handle(const char *request)
{
    return request != NULL;
}

static struct handler fixed = {handle, SECRET};

ENTRY(use_static)
{
    return pthread_setspecific(host_key(), &fixed) == 0 ? 0 : -1;
}

ENTRY(use_block)
{
    struct handler *handler = malloc(sizeof *handler);

    if (!handler)
        return -1;
    *handler = fixed;
    return pthread_setspecific(host_key(), handler) == 0 ? 0 : -1;
}
