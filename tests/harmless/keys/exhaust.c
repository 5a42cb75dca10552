// SPDX-License-Identifier: MIT
/* "Same errno", and as many keys for the program as without the shim, with the same numbers. */
#include "../observe.h"
#include <limits.h>
#include <pthread.h>
#include <threads.h>

static pthread_key_t keys[PTHREAD_KEYS_MAX + 1];

static void exhaust(void)
{
    int count = 0;
    int error = 0;
    errno = ENOTBLK;
    while (count <= PTHREAD_KEYS_MAX && (error = pthread_key_create(&keys[count], NULL)) == 0)
        count++;
    say("%d keys from %u to %u, then %s, errno %s\n", count, keys[0], keys[count - 1],
        error_name(error), error_name(errno));
    tss_t other;
    say("tss_create: %d\n", tss_create(&other, NULL));
    for (int at = 0; at < count; at++)
        check(pthread_setspecific(keys[at], &keys[at]) == 0);
    for (int at = 0; at < count; at++)
        check(pthread_getspecific(keys[at]) == &keys[at]);
    for (int at = 0; at < count; at++)
        check(pthread_key_delete(keys[at]) == 0);
}

int main(void)
{
    exhaust();
    leave_something();
    exhaust();
    exhaust();
    return observe_status();
}
