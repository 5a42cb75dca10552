// SPDX-License-Identifier: MIT
/* Stands for libc++ (kept_by_runtime.c): it has that name. */
#include <pthread.h>

static pthread_key_t key;
static int made;

static void end(void *value)
{
    (void)value;
}

int runtime_use(void);
int runtime_use(void)
{
    if (!made && pthread_key_create(&key, end) != 0)
        return -1;
    made = 1;
    return 0;
}
