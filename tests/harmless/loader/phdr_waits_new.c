// SPDX-License-Identifier: MIT
/*
 * "No deadlock with the loader lock": a dl_iterate_phdr callback waits for a thread that allocates,
 * for the first time, from a plug-in which was just opened, and from code that is in no module at
 * all.
 */
#include "../made_code.h"
#include <pthread.h>

typedef void *make_function(int, size_t);

static pthread_barrier_t opened;
static pthread_barrier_t barrier;
static int visits;

static void *work(void *argument)
{
    made_code *call = make_code();
    void *handle = open_plugin("./maker.so", RTLD_NOW);
    make_function *make = (make_function *)symbol(handle, "make_block");
    pthread_barrier_wait(&opened);
    pthread_barrier_wait(&barrier);
    for (int kind = 0; kind < 8; kind++)
        free(make(kind, 50));
    free(call((void *)100, (void *)malloc));
    free(call((void *)"through libc", (void *)strdup));
    pthread_barrier_wait(&barrier);
    check(dlclose(handle) == 0);
    return argument;
}

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)info;
    (void)size;
    (void)data;
    if (visits++ == 0) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    return 0;
}

int main(void)
{
    pthread_t thread;
    pthread_barrier_init(&opened, NULL, 2);
    pthread_barrier_init(&barrier, NULL, 2);
    check(pthread_create(&thread, NULL, work, NULL) == 0);
    pthread_barrier_wait(&opened);
    dl_iterate_phdr(visit, NULL);
    pthread_join(thread, NULL);
    check(visits > 0);
    say("done\n");
    return observe_status();
}
