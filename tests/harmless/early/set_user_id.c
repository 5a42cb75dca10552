// SPDX-License-Identifier: MIT
/*
 * "In a set-user-ID process the library does nothing": linked directly, since LD_PRELOAD is not
 * followed there, it writes no report, no text, and takes nothing.
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/auxv.h>

int main(void)
{
    pthread_key_t key;
    say("secure %lu, own user %s\n", getauxval(AT_SECURE), getuid() == geteuid() ? "yes" : "no");
    check(getauxval(AT_SECURE) == 1);
    check(pthread_key_create(&key, NULL) == 0);
    say("key %u, threads %d, descriptor %d\n", key, count_threads(), dup(0));
    leave_something();
    return observe_status();
}
