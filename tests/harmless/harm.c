// SPDX-License-Identifier: MIT
/*
 * A preload library that does harm, one kind at a time (environment variable HARM): the self-test
 * of run.py sees to it that each is noticed. Nothing else uses it.
 */
#include "observe.h"
#include <pthread.h>

static int harm_is(const char *what)
{
    const char *harm = getenv("HARM");
    return harm && strcmp(harm, what) == 0;
}

static void *wait_forever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void change_status(int status, void *argument)
{
    (void)argument;
    _exit(status + 1);
}

static void handle_signal(int number)
{
    (void)number;
}

__attribute__((constructor)) static void start(void)
{
    pthread_t thread;
    pthread_key_t key;
    if (harm_is("descriptor") && open("/dev/null", O_RDONLY) < 0)
        return;
    if (harm_is("thread"))
        pthread_create(&thread, NULL, wait_forever, NULL);
    if (harm_is("key"))
        pthread_key_create(&key, NULL);
    if (harm_is("child") && fork() == 0)
        _exit(0);
    if (harm_is("orphan") && fork() == 0) {
        close(1);
        close(2);
        pause();
    }
    if (harm_is("status"))
        on_exit(change_status, NULL);
    if (harm_is("signal"))
        signal(SIGUSR1, handle_signal);
    if (harm_is("error-text") && write(STDERR_FILENO, "noise\n", 6) != 6)
        return;
    if (harm_is("file"))
        close(open("noise.txt", O_CREAT | O_WRONLY, 0600));
    if (harm_is("hang"))
        wait_forever(NULL);
    if (harm_is("memory") && !malloc(1000))
        return;
}

void *malloc(size_t size)
{
    static void *(*real)(size_t);
    if (!real)
        real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    void *block = real(size);
    const char *harm = getenv("HARM");
    if (harm && strcmp(harm, "errno") == 0)
        errno = EBADF;
    return block;
}

/* From a wrapper that calls, the search path is the wrapper's. */
void *dlopen(const char *path, int flags)
{
    void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
    void *handle = real(path, flags);
    if (harm_is("pending-error"))
        dlerror();
    if (harm_is("leave-open") && handle)
        real(path, flags);
    __asm__ volatile("" : : "r"(handle) : "memory");
    return handle;
}
