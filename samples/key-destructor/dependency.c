// SPDX-License-Identifier: MIT
/* A library with the defect of plugin.c, which only needs.so needs: it is loaded and unloaded with
 * that plug-in. */
#include <pthread.h>

int dependency_start(void);

static pthread_key_t session;
static int ended;

static void dependency_end(void *value)
{
    (void)value;
    ended++;
}

int dependency_start(void)
{
    return pthread_key_create(&session, dependency_end) == 0 ? 0 : -1;
}
