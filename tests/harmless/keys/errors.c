// SPDX-License-Identifier: MIT
/* "Same errno": what the functions for keys return, in every case that the C library defines. */
#include "../observe.h"
#include <limits.h>
#include <pthread.h>
#include <threads.h>

#define SHOW(expression)                                                    \
    do {                                                                    \
        errno = ENOTBLK;                                                    \
        long result = (long)(expression);                                   \
        int error = errno;                                                  \
        say("%s: %ld, errno %s\n", #expression, result, error_name(error)); \
    } while (0)

int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

int main(void)
{
    static int value;
    pthread_key_t key;
    pthread_key_t second;
    tss_t third;
    SHOW(pthread_setspecific(5, NULL));
    SHOW(pthread_setspecific(5, &value));
    SHOW(pthread_key_delete(5));
    SHOW(pthread_key_delete(PTHREAD_KEYS_MAX));
    SHOW(pthread_setspecific(PTHREAD_KEYS_MAX, &value));
    SHOW(pthread_getspecific(PTHREAD_KEYS_MAX + 5) != NULL);
    SHOW(pthread_key_create(&key, free));
    SHOW(__pthread_key_create(&second, NULL));
    SHOW(key);
    SHOW(second);
    SHOW(pthread_getspecific(key) != NULL);
    SHOW(pthread_setspecific(key, &value));
    SHOW(pthread_getspecific(key) == &value);
    SHOW(pthread_setspecific(key, NULL));
    SHOW(pthread_setspecific(key, &value));
    SHOW(pthread_key_delete(key));
    SHOW(pthread_getspecific(key) != NULL);
    SHOW(pthread_setspecific(key, &value));
    SHOW(pthread_key_delete(key));
    SHOW(tss_create(&third, NULL));
    SHOW(third == key);
    SHOW(tss_get(third) != NULL);
    SHOW(tss_set(third, &value));
    SHOW(tss_get(third) == &value);
    SHOW(pthread_getspecific(third) == &value);
    tss_delete(third);
    SHOW(tss_set(third, &value));
    SHOW(tss_set(4000, &value));
    SHOW(pthread_key_delete(second));
    return observe_status();
}
