// SPDX-License-Identifier: MIT
/*
 * "No deadlock with the loader lock …, at exit, or with threads running while the process exits": a
 * thread stands in a constructor, or in a dl_iterate_phdr callback, for ever, with the loader's
 * lock; the program leaves, in each way that does not need that lock without the shim either.
 */
#include "../observe.h"
#include <pthread.h>
#include <semaphore.h>

static int in_callback;
static sem_t standing;

/* For the plug-in's constructor. */
EXPORT(void, stand_still, void)
{
    sem_post(&standing);
    for (;;)
        pause();
}

static int stand(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    stand_still();
    return 0;
}

static void *hold(void *argument)
{
    if (in_callback)
        dl_iterate_phdr(stand, NULL);
    else
        dlopen("./stander.so", RTLD_NOW);
    return argument;
}

static void *end(void *argument)
{
    free(strdup("in a thread"));
    return argument;
}

static void work(void)
{
    pthread_t thread;
    pthread_key_t key;
    int status = 0;
    free(realloc(malloc(20), 200));
    check(pthread_key_create(&key, free) == 0);
    check(pthread_setspecific(key, malloc(10)) == 0);
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    pthread_join(thread, NULL);
    free(pthread_getspecific(key));
    check(pthread_key_delete(key) == 0);
    int pid = fork();
    if (pid == 0)
        _exit(3);
    check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
}

static void leave_by(const char *way)
{
    if (strcmp(way, "_exit") == 0)
        _exit(11);
    if (strcmp(way, "_Exit") == 0)
        _Exit(12);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(13);
    if (strcmp(way, "exec") == 0)
        execl("/bin/sh", "sh", "-c", "exit 14", (char *)NULL);
    if (strcmp(way, "SIGTERM") == 0)
        raise(SIGTERM);
    if (strcmp(way, "SIGSEGV") == 0)
        raise(SIGSEGV);
    if (strcmp(way, "abort") == 0)
        abort();
    exit(15);
}

static void try_way(const char *way)
{
    int status = 0;
    int pid = fork();
    if (pid == 0) {
        pthread_t thread;
        leave_something();
        check(pthread_create(&thread, NULL, hold, NULL) == 0);
        sem_wait(&standing);
        work();
        leave_by(way);
    }
    check(waitpid(pid, &status, 0) == pid);
    say("%s, %s: %s\n", in_callback ? "callback" : "constructor", way, status_text(status));
}

int main(void)
{
    static const char *const ways[] = {"_exit",   "_Exit",   "quick_exit", "exec",
                                       "SIGTERM", "SIGSEGV", "abort",      "exit"};
    sem_init(&standing, 0, 0);
    for (in_callback = 0; in_callback < 2; in_callback++)
        for (unsigned at = 0; at < 7U + (unsigned)in_callback; at++)
            try_way(ways[at]);
    return observe_status();
}
