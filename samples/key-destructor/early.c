// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, but the key is made by the constructor, before dlopen() returns. So dlpin
 * finds it also where nobody calls the plug-in, and where it is opened with RTLD_DEEPBIND.
 *
 * Fix: early-tidy.c.
 */
#include <pthread.h>

static pthread_key_t session;
static int ended;

static void early_end(void *value)
{
    (void)value;
    ended++;
}

__attribute__((constructor)) static void early_init(void)
{
    if (pthread_key_create(&session, early_end) != 0)
        ended = -1;
}
