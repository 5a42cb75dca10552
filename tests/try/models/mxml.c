// SPDX-License-Identifier: MIT
/* libmxml: its variables for each thread, made by the first call, under a key that is not deleted.
 */
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void give_back(void *variables)
{
    free(variables);
}

static void make_key(void)
{
    pthread_key_create(&key, give_back);
}

void parse(void);

void parse(void)
{
    pthread_once(&once, make_key);
    if (pthread_getspecific(key) == NULL)
        pthread_setspecific(key, calloc(1, 256));
}

#ifdef TIDY
__attribute__((destructor)) static void stop(void)
{
    free(pthread_getspecific(key));
    pthread_key_delete(key);
}
#endif
