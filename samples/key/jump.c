// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, but pthread_once() calls the function that makes the key, and that function
 * ends with a jump (it is compiled with -O2): by the return address, the C library made the key.
 *
 * Report: key about this plug-in, whose variable holds the key.
 */
#include "plugin.h"

#include <pthread.h>

static pthread_key_t counter;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void)
{
    pthread_key_create(&counter, NULL);
}

ENTRY(start)
{
    return pthread_once(&once, make) == 0 ? 0 : -1;
}
