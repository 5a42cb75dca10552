// SPDX-License-Identifier: MIT
/*
 * Calls before constructors: the program's own malloc names its memory (prctl), opens files, takes
 * keys and handlers. A library's constructor calls it, perhaps the loader in the middle of a
 * look-up, but none of these functions: an allocator that has a lock would wait for itself.
 */
#include "early.h"
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

void *__libc_malloc(size_t size);

void early_library_say(void);

static unsigned calls, failures, calls_of_itself;

static void expect(int condition)
{
    failures += !condition;
}

static void use_descriptors(void)
{
    int ends[2], waiting;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), again = dup(file);
    expect(file >= 0 && again >= 0);
    expect(fcntl(file, F_GETFD) == FD_CLOEXEC);
    expect(close(again) == 0 && close(file) == 0);
    expect(pipe(ends) == 0 && ioctl(ends[0], FIONREAD, &waiting) == 0 && waiting == 0);
    expect(close(ends[0]) == 0 && close(ends[1]) == 0);
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    expect(close(ends[0]) == 0 && close(ends[1]) == 0);
    expect((file = eventfd(0, EFD_CLOEXEC)) >= 0 && close(file) == 0);
}

static void use_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED && mprotect(page, 4096, PROT_READ) == 0 && munmap(page, 4096) == 0);
    expect(prctl(PR_GET_DUMPABLE) >= 0);
}

static void use_keys(void)
{
    pthread_key_t key;
    expect(pthread_key_create(&key, NULL) == 0);
    expect(pthread_setspecific(key, &key) == 0 && pthread_getspecific(key) == &key);
    expect(pthread_key_delete(key) == 0);
}

static void use_signals(void)
{
    struct sigaction before;
    expect(sigaction(SIGUSR2, NULL, &before) == 0);
    expect(sigaction(SIGUSR2, &before, NULL) == 0);
    expect(signal(SIGUSR2, SIG_DFL) == SIG_DFL);
}

static void at_fork(void)
{
}

void *malloc(size_t size)
{
    enum { ENOUGH = 64 };
    static int busy;
    int saved_errno = errno;
    calls_of_itself += busy;
    if (!busy && calls < ENOUGH) {
        busy = 1;
        if (calls++ == 0)
            expect(pthread_atfork(at_fork, at_fork, at_fork) == 0);
        use_descriptors();
        use_memory();
        use_keys();
        use_signals();
        busy = 0;
    }
    errno = saved_errno;
    return __libc_malloc(size);
}

int main(void)
{
    void *volatile block = malloc(10);
    free(block);
    early_library_say();
    say("malloc was called: %s, by itself: %u, failures %u\n", calls ? "yes" : "no",
        calls_of_itself, failures);
    return observe_status();
}
