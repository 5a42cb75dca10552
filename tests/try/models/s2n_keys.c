// SPDX-License-Identifier: MIT
/* s2n-tls: state of random numbers for each thread, under a key with a destructor; the function
 * that ends the library leaves the key to threads that end later. */
#include <pthread.h>
#include <stdlib.h>

static pthread_key_t state;

static void wipe(void *value)
{
    free(value);
}

void begin(void);
void end(void);

void begin(void)
{
    pthread_key_create(&state, wipe);
    pthread_setspecific(state, malloc(64));
}

void end(void)
{
#ifdef TIDY
    free(pthread_getspecific(state));
    pthread_key_delete(state);
#endif
}
