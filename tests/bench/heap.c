// SPDX-License-Identifier: MIT
/*
 * heap WORKLOAD THREADS SECONDS [PLUGIN]: prints what one operation of a workload costs, in
 * nanoseconds. heap memory COUNT LEAST MOST [PLUGIN]: prints the peak of resident memory, in
 * kilobytes. With a plug-in, that one is the caller of malloc.
 */
#include "measure.h"
#include "work.h"

#include <dlfcn.h>
#include <unistd.h>

static const struct work *find(const struct work *table, const char *name)
{
    for (; table && table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

static void *in_plugin(const char *path, const char *name)
{
    void *handle = dlopen(path, RTLD_NOW);
    void *found = handle ? dlsym(handle, name) : NULL;
    if (!found) {
        fprintf(stderr, "%s: %s\n", path, dlerror());
        exit(2);
    }
    return found;
}

static int fill(char **argv)
{
    void (*function)(size_t, size_t, size_t) = work_fill;
    if (argv[5])
        function = (void (*)(size_t, size_t, size_t))in_plugin(argv[5], "work_fill");
    function(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    printf("result %ld\n", measure_peak());
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 5 && strcmp(argv[1], "memory") == 0) {
        fill(argv);
    } else if (argc >= 4) {
        const struct work *table = work_table();
        if (argv[4]) {
            const struct work *(*function)(void) =
                (const struct work *(*)(void))in_plugin(argv[4], "work_table");
            table = function();
        }
        const struct work *work = find(table, argv[1]);
#ifdef HAVE_CXX
        if (!work)
            work = find(work_table_cxx(), argv[1]);
#endif
        if (!work)
            return 2;
        double cost = measure(work->run, work->new_state, atoi(argv[2]), strtod(argv[3], NULL));
        printf("result %.2f\n", cost);
    } else {
        return 2;
    }
    /* At once: what a tool does at the end is not measured here. */
    fflush(stdout);
    _exit(0);
}
