// SPDX-License-Identifier: MIT
/*
 * host WHEN HOW [PLUGIN]: a program that gives up its own key while a thread has a value for it,
 * and deletes a key that there is not. It loads a plug-in before that (WHEN is "early"), after that
 * ("late") or not at all ("never"), and ends by HOW: return, _exit, quick_exit, or in a fork child
 * that does all of it ("child").
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_KEY = 900, FAILED = 3 };

static pthread_key_t key;
static pthread_barrier_t barrier;

static void load(const char *plugin)
{
    void *handle = dlopen(plugin, RTLD_NOW);
    if (!handle || dlclose(handle) != 0)
        _exit(FAILED);
}

static void *hold_value(void *unused)
{
    pthread_setspecific(key, malloc(100));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void work(void)
{
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    if (pthread_key_create(&key, free) != 0 || pthread_create(&thread, NULL, hold_value, NULL) != 0)
        _exit(FAILED);
    pthread_barrier_wait(&barrier);
    pthread_key_delete(key);
    pthread_key_delete(NO_KEY);
}

static void leave(const char *how)
{
    if (!strcmp(how, "_exit"))
        _exit(0);
    if (!strcmp(how, "quick_exit"))
        quick_exit(0);
}

int main(int count, char **arguments)
{
    const char *when = arguments[1], *how = arguments[2];
    int status;
    if (count != 4)
        return FAILED;
    if (!strcmp(how, "child")) {
        pid_t child = fork();
        if (child > 0)
            return waitpid(child, &status, 0) != child || status != 0;
    }
    if (!strcmp(when, "early"))
        load(arguments[3]);
    work();
    if (!strcmp(when, "late"))
        load(arguments[3]);
    leave(how);
    return 0;
}
