// SPDX-License-Identifier: MIT
/*
 * "No deadlock with the loader lock": a dl_iterate_phdr callback, which runs under a lock of the
 * loader, allocates, makes keys, and waits for a thread that allocates from call sites that were
 * never seen before, directly and through libc, starts a thread, and sets values.
 */
#include "../observe.h"
#include <pthread.h>

static pthread_key_t key;
static pthread_barrier_t barrier;
static int visits;

static void *end(void *argument)
{
    pthread_setspecific(key, strdup("a value of the inner thread"));
    return argument;
}

static void *work(void *argument)
{
    pthread_t thread;
    pthread_key_t own;
    pthread_barrier_wait(&barrier);
    char *block = malloc(17);
    block = realloc(block, 170);
    check(pthread_setspecific(key, block) == 0);
    char *copy = strdup("a copy");
    char *text = NULL;
    check(asprintf(&text, "a text of %s", copy) > 0);
    free(copy);
    free(text);
    check(pthread_key_create(&own, free) == 0);
    check(pthread_setspecific(own, calloc(3, 5)) == 0);
    check(pthread_create(&thread, NULL, end, NULL) == 0);
    pthread_join(thread, NULL);
    free(pthread_getspecific(own));
    pthread_setspecific(own, NULL);
    check(pthread_key_delete(own) == 0);
    pthread_barrier_wait(&barrier);
    return argument;
}

static int visit(struct dl_phdr_info *info, size_t size, void *data)
{
    pthread_key_t inner;
    (void)info;
    (void)size;
    (void)data;
    if (visits++)
        return 0;
    pthread_barrier_wait(&barrier);
    check(pthread_key_create(&inner, free) == 0);
    check(pthread_setspecific(inner, malloc(77)) == 0);
    char *copy = strdup("in the callback");
    free(copy);
    free(pthread_getspecific(inner));
    check(pthread_setspecific(inner, NULL) == 0);
    check(pthread_key_delete(inner) == 0);
    pthread_barrier_wait(&barrier);
    return 0;
}

int main(void)
{
    pthread_t thread;
    check(pthread_key_create(&key, free) == 0);
    pthread_barrier_init(&barrier, NULL, 2);
    check(pthread_create(&thread, NULL, work, NULL) == 0);
    dl_iterate_phdr(visit, NULL);
    pthread_join(thread, NULL);
    check(visits > 0);
    say("done\n");
    return observe_status();
}
