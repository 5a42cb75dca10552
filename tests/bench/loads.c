// SPDX-License-Identifier: MIT
/*
 * loads WORKLOAD SECONDS PLUGIN: what it costs to open and close a plug-in (rounds a second), to
 * make a key, to set a value, to start a thread (nanoseconds for each).
 */
#include "measure.h"

#include <dlfcn.h>
#include <unistd.h>

static const char *plugin;
static pthread_key_t key;

static void load(void)
{
    void *handle = dlopen(plugin, RTLD_NOW);
    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    dlclose(handle);
}

/* With a key and a block, as plug-ins have them, given back before it is closed. */
static void use(void)
{
    void *handle = dlopen(plugin, RTLD_NOW);
    void (*begin)(void) = (void (*)(void))dlsym(handle, "visit_begin");
    void (*end)(void) = (void (*)(void))dlsym(handle, "visit_end");
    if (!begin || !end)
        exit(2);
    begin();
    end();
    dlclose(handle);
}

static void make_key(void)
{
    pthread_key_t own;
    if (pthread_key_create(&own, free) != 0)
        abort();
    pthread_key_delete(own);
}

static void set_value(void)
{
    pthread_setspecific(key, &key);
}

static void *end(void *argument)
{
    return argument;
}

static void start_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, end, NULL) != 0)
        abort();
    pthread_join(thread, NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
    int portion;
} works[] = {
    {"load", load, 20},           {"use", use, 20},
    {"key", make_key, 1000},      {"setspecific", set_value, 10000},
    {"thread", start_thread, 20},
};

static double measure_calls(void (*run)(void), int portion, double seconds)
{
    static double portions[MEASURE_PORTIONS];
    int64_t until = measure_now() + (int64_t)(seconds * 1e9);
    int count = 0;
    for (int64_t begin = measure_now(); begin < until && count < MEASURE_PORTIONS;) {
        for (int round = 0; round < portion; round++)
            run();
        int64_t now = measure_now();
        portions[count++] = (double)(now - begin) / portion;
        begin = now;
    }
    qsort(portions, (size_t)count, sizeof(double), measure_compare);
    return portions[count / 4];
}

int main(int argc, char **argv)
{
    if (argc < 4 || pthread_key_create(&key, NULL) != 0)
        return 2;
    plugin = argv[3];
    for (size_t at = 0; at < sizeof works / sizeof *works; at++) {
        if (strcmp(works[at].name, argv[1]) != 0)
            continue;
        double cost = measure_calls(works[at].run, works[at].portion, strtod(argv[2], NULL));
        printf("result %.2f\n", cost);
        fflush(stdout);
        _exit(0);
    }
    return 2;
}
