// SPDX-License-Identifier: MIT
/*
 * Allocates, loads and unloads, makes keys and threads, and forks, all at once, until a byte comes
 * on the standard input. Then it prints the result.
 *
 *   storm KEPT RELOADED
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 500 };

static atomic_bool over;
static atomic_int mistakes;
static const char *reloaded;

static void *allocate(void *unused)
{
    static _Thread_local void *blocks[BLOCKS];
    unsigned seed = 1;
    while (!over) {
        void **block = &blocks[rand_r(&seed) % BLOCKS];
        free(*block);
        *block = malloc((size_t)rand_r(&seed) % 2000);
        mistakes += *block == NULL;
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return unused;
}

static void *reload(void *unused)
{
    while (!over) {
        void *plugin = dlopen(reloaded, RTLD_NOW);
        if (!plugin || !dlsym(plugin, "start") || dlclose(plugin) != 0)
            mistakes++;
    }
    return unused;
}

static void *set_value(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}

static void *make_keys(void *unused)
{
    while (!over) {
        pthread_key_t key;
        pthread_t thread;
        if (pthread_key_create(&key, NULL) != 0 ||
            pthread_create(&thread, NULL, set_value, &key) != 0)
            mistakes++;
        else
            pthread_join(thread, NULL);
        pthread_key_delete(key);
    }
    return unused;
}

static void *make_children(void *unused)
{
    while (!over) {
        int status = 1;
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        mistakes += waitpid(child, &status, 0) != child || status != 0;
        usleep(1000);
    }
    return unused;
}

int main(int argc, char **argv)
{
    void *(*const work[])(void *) = {allocate, allocate,  allocate,
                                     reload,   make_keys, make_children};
    enum { WORKERS = sizeof work / sizeof *work };
    pthread_t threads[WORKERS];
    char byte;

    if (argc != 3 || !dlopen(argv[1], RTLD_NOW))
        return 2;
    reloaded = argv[2];
    for (unsigned i = 0; i < WORKERS; i++)
        if (pthread_create(&threads[i], NULL, work[i], NULL) != 0)
            return 2;
    puts("ready");
    fflush(stdout);
    if (read(0, &byte, 1) != 1) {
        printf("read: %s\n", strerror(errno));
        return 1;
    }
    over = true;
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    puts(mistakes ? "mistakes" : "good");
    return mistakes != 0;
}
