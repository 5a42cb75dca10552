// SPDX-License-Identifier: MIT
/* libEGL of libglvnd: a key that its constructor makes, and that no destructor deletes. */
#include <pthread.h>
#include <stdlib.h>

static pthread_key_t current;

static void forget(void *state)
{
    free(state);
}

__attribute__((constructor)) static void start(void)
{
    pthread_key_create(&current, forget);
}

#ifdef TIDY
__attribute__((destructor)) static void stop(void)
{
    pthread_key_delete(current);
}
#endif
