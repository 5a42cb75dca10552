// SPDX-License-Identifier: MIT
/*
 * Threads load and unload plug-ins at once, so that address ranges are taken over all the time;
 * other threads meanwhile work in a plug-in that stays, and that leaves a known number of things
 * behind.
 *
 *   storm RELOADERS ROUNDS FLAGS PLUGIN...
 *
 * The last PLUGIN is the one that stays until the end. FLAGS: of dlopen, a number. Says how often a
 * plug-in was found where another one had been ("taken over"), for else the run shows nothing.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RELOADERS_MAX = 16, WORKERS = 2, LOOK_EVERY = 16, PLUGINS_MAX = 32, SEEN_MAX = 4096 };

static char **plugins;
static int plugin_count, flags;
static long rounds;
static atomic_int running;

/* Which plug-in lay at an address the last time. The address is kept in another form: as it is it
 * would be a pointer into an unloaded plug-in. */
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    ElfW(Addr) address;
    int plugin;
} seen[SEEN_MAX];
static int seen_count, taken_over;

static void die(const char *what)
{
    printf("FAILED: %s\n", what);
    exit(1);
}

static void note(ElfW(Addr) base, int plugin)
{
    ElfW(Addr) address = ~base;
    int i = 0;
    pthread_mutex_lock(&seen_lock);
    while (i < seen_count && seen[i].address != address)
        i++;
    if (i < seen_count)
        taken_over += seen[i].plugin != plugin;
    else if (seen_count < SEEN_MAX)
        seen[seen_count++].address = address;
    if (i < SEEN_MAX)
        seen[i].plugin = plugin;
    pthread_mutex_unlock(&seen_lock);
}

/* Not each time: threads that wait for each other here do not race in the loader. */
static void look(void *handle, int plugin)
{
    struct link_map *map = handle;
    void (*use)(void) = (void (*)(void))dlsym(handle, "use");
    note(map->l_addr, plugin);
    use();
}

static void *reload(void *argument)
{
    unsigned seed = (unsigned)(long)argument;
    for (long i = 0; i < rounds; i++) {
        int plugin = (int)((unsigned)rand_r(&seed) % (unsigned)plugin_count);
        void *handle = dlopen(plugins[plugin], flags);
        if (!handle)
            die(dlerror());
        if (i % LOOK_EVERY == 0)
            look(handle, plugin);
        dlclose(handle);
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Until nobody reloads any more, so that everything is done meanwhile; with pauses, for the
 * processors are the reloaders'. */
static void *work(void *function)
{
    static const struct timespec pause = {0, 200000};
    void (*leave_something)(void) = (void (*)(void))function;
    while (atomic_load(&running) > 0) {
        leave_something();
        nanosleep(&pause, NULL);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t reloaders[RELOADERS_MAX], workers[WORKERS];
    int count = atoi(argv[1]);
    rounds = atol(argv[2]);
    flags = atoi(argv[3]);
    plugins = argv + 4;
    plugin_count = argc - 5;
    void *stays = dlopen(argv[argc - 1], RTLD_NOW);
    if (!stays || count > RELOADERS_MAX || plugin_count < 1)
        die("usage");
    atomic_store(&running, count);
    for (long i = 0; i < count; i++)
        pthread_create(&reloaders[i], NULL, reload, (void *)i);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, dlsym(stays, "leave_something"));
    for (int i = 0; i < count; i++)
        pthread_join(reloaders[i], NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    int (*left)(void) = (int (*)(void))dlsym(stays, "left");
    printf("taken over %s, left %d\n", taken_over > 0 ? "yes" : "no", left());
    dlclose(stays);
    return 0;
}
