// SPDX-License-Identifier: MIT
/* A plug-in that is clean whoever opens and closes it, and does much: blocks through libc, keys,
 * threads and registrations, some frames deep, in its constructor, its destructor and between. ROOM
 * bytes of variables make its size. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

char room[ROOM];
static pthread_key_t key;
static char *kept;

static void drop(void *value)
{
    free(value);
}

static void at_end(void)
{
    room[0]++;
}

static void *run(void *value)
{
    free(malloc(30));
    return value;
}

static void use_key(void)
{
    pthread_key_t own;
    if (pthread_key_create(&own, drop) != 0)
        abort();
    pthread_setspecific(own, strdup("value"));
    free(pthread_getspecific(own));
    pthread_setspecific(own, NULL);
    pthread_key_delete(own);
}

static void use_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, room) == 0)
        pthread_join(thread, NULL);
}

static __attribute__((noinline)) int deep(int depth)
{
    char frame[100];
    memset(frame, depth, sizeof frame);
    if (depth > 0)
        return deep(depth - 1) + frame[depth];
    free(malloc(50));
    free(strdup("x"));
    use_key();
    return frame[1];
}

__attribute__((constructor)) static void start(void)
{
    deep(5);
    kept = strdup("kept");
    if (pthread_key_create(&key, drop) != 0)
        abort();
    atexit(at_end);
}

void use(void);
void use(void)
{
    deep(3);
    use_thread();
}

__attribute__((destructor)) static void stop(void)
{
    deep(4);
    pthread_key_delete(key);
    free(kept);
}
