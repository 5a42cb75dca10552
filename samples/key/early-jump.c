// SPDX-License-Identifier: MIT
/*
 * What it has: as jump.c, but the constructor ends with the jump: to look at the return address,
 * the dynamic loader made the key.
 *
 * What dlpin says: key about this plug-in.
 */
#include <pthread.h>

static pthread_key_t counter;

__attribute__((constructor)) static void early_init(void)
{
    pthread_key_create(&counter, NULL);
}
