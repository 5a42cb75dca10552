// SPDX-License-Identifier: MIT
/*
 * Defect: as jump.c, but the constructor ends with the jump: by the return address, the dynamic
 * loader made the key.
 *
 * Report: key about this plug-in.
 */
#include <pthread.h>

static pthread_key_t counter;

__attribute__((constructor)) static void early_init(void)
{
    pthread_key_create(&counter, NULL);
}
