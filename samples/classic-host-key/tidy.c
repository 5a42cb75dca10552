// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: at the end of each request the thread takes out what it has put in.
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

ENTRY(use_block)
{
    struct handler *handler = malloc(sizeof *handler);
    int error;

    if (!handler)
        return -1;
    *handler = (struct handler){handle, SECRET};
    error = pthread_setspecific(host_key(), handler);
    error |= handler->handle("request") != 1;
    error |= pthread_setspecific(host_key(), NULL);
    free(handler);
    return error == 0 ? 0 : -1;
}
