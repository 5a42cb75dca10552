// SPDX-License-Identifier: MIT
/*
 * Eight threads that together load and unload plug-ins ten thousand times, and a check of the
 * memory: after the first fifth it must not grow any more.
 *
 *   stress tidy|leave
 *
 * "tidy": the plug-ins clean up behind themselves. "leave": each tenth time they leave a key with a
 * value behind, which this program cleans up right after the unload.
 */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 1250 /* of each thread */
#define LEAVE_EACH 10
#define GROWTH_MAX (4L << 20)

static bool leaving;
static char folder[PATH_MAX];
static atomic_int rounds_done;
static atomic_long memory_early, memory_late;

/* The resident size of the process, in bytes. */
static long resident(void)
{
    FILE *statm = fopen("/proc/self/statm", "re");
    long size, pages = 0;

    if (!statm)
        return 0;
    if (fscanf(statm, "%ld %ld", &size, &pages) != 2)
        pages = 0;
    fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

static void die(const char *what, const char *why)
{
    printf("stress: %s: %s\n", what, why);
    fflush(stdout);
    _exit(1);
}

/* Removes what the plug-in left: a key, and a block as this thread's value for it. */
static void clean_up(pthread_key_t key)
{
    void *value = pthread_getspecific(key);

    if (!value)
        die("leave", "the value is gone");
    pthread_setspecific(key, NULL);
    free(value);
    if (pthread_key_delete(key) != 0)
        die("leave", "the key is gone");
}

static void one_round(const char *path, int round)
{
    bool leave = leaving && round % LEAVE_EACH == 0;
    void *plugin = dlopen(path, RTLD_NOW);
    int (*work)(int round);
    int (*leave_key)(pthread_key_t * key);
    pthread_key_t key = 0;

    if (!plugin)
        die("dlopen", dlerror());
    *(void **)&work = dlsym(plugin, "work");
    *(void **)&leave_key = dlsym(plugin, "leave");
    if (!work || !leave_key)
        die(path, "has no work() or leave()");
    if (work(round) != 0 || (leave && leave_key(&key) != 0))
        die(path, "failed");
    if (dlclose(plugin) != 0)
        die("dlclose", dlerror());
    if (leave)
        clean_up(key);
}

static void *run(void *argument)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/plugin-%d.so", folder, (int)(size_t)argument);
    for (int round = 1; round <= ROUNDS; round++) {
        int done;

        one_round(path, round);
        done = atomic_fetch_add(&rounds_done, 1) + 1;
        if (done == THREADS * ROUNDS / 5)
            atomic_store(&memory_early, resident());
        else if (done == THREADS * ROUNDS)
            atomic_store(&memory_late, resident());
    }
    return NULL;
}

/* The plug-ins lie beside the program. */
static void find_folder(void)
{
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    char *slash;

    folder[length < 0 ? 0 : length] = '\0';
    slash = strrchr(folder, '/');
    if (!slash)
        die("/proc/self/exe", "cannot be read");
    *slash = '\0';
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    long growth;

    leaving = argc == 2 && strcmp(argv[1], "leave") == 0;
    find_folder();
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, run, (void *)i) != 0)
            die("pthread_create", "failed");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    growth = atomic_load(&memory_late) - atomic_load(&memory_early);
    if (growth > GROWTH_MAX) {
        printf("stress: grew by %ld KiB, from %ld\n", growth >> 10, memory_early >> 10);
        return 1;
    }
    printf("stress: %d rounds\n", atomic_load(&rounds_done));
    return 0;
}
