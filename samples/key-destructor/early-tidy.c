// SPDX-License-Identifier: MIT
/* The clean twin of early.c: what the constructor makes, the destructor deletes. */
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

__attribute__((destructor)) static void early_fini(void)
{
    if (ended == 0)
        pthread_key_delete(session);
}
