// SPDX-License-Identifier: MIT
/*
 * A program that confines itself to reading, writing and ending: what is done without a system call
 * is done without one under the shim, too. The kernel is asked directly, so that nobody knows; and
 * a while after the last load, for what may have been put off.
 */
#include "../filters/inline.h"
#include "../observe.h"
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

static __attribute__((noinline)) void work(pthread_key_t key)
{
    void *volatile block = malloc(100);

    check(block != NULL);
    check(pthread_setspecific(key, block) == 0 && pthread_getspecific(key) == block);
    check(pthread_setspecific(key, NULL) == 0);
    free(block);
}

int main(void)
{
    /* So that whatever is put off for a few milliseconds is to be done by then. */
    const struct timespec while_ago = {0, 10000000};
    pthread_key_t key;

    check(pthread_key_create(&key, NULL) == 0);
    work(key);
    for (unsigned i = 0; i < 2; i++) {
        void *plugin = dlopen("./plain.so", RTLD_NOW);
        check(plugin && dlclose(plugin) == 0);
    }
    check(nanosleep(&while_ago, NULL) == 0);
    if (call_inline(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, 0, 0, 0) == 0)
        work(key);
    syscall(SYS_write, 1, "alive\n", 6);
    syscall(SYS_exit, observe_status());
}
