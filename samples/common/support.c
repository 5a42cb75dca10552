// SPDX-License-Identifier: MIT
/* libsupport.so: see support.h. Nothing here is wrong; it is the plug-ins that use it well or
 * badly. */
#include "support.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

int support_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    return pthread_key_create(key, destructor) == 0 ? 0 : -1;
}

int support_key_delete(pthread_key_t key)
{
    return pthread_key_delete(key) == 0 ? 0 : -1;
}

int support_set(pthread_key_t key, const void *value)
{
    return pthread_setspecific(key, value) == 0 ? 0 : -1;
}

/* ---- the library's own key ---- */

static pthread_key_t own_key;
static pthread_once_t own_once = PTHREAD_ONCE_INIT;
static int own_ended;

static void own_end(void *value)
{
    (void)value;
    own_ended++;
}

static void own_make(void)
{
    if (pthread_key_create(&own_key, own_end) != 0)
        abort();
}

int support_use_own_key(void)
{
    pthread_once(&own_once, own_make);
    return pthread_setspecific(own_key, (void *)1) == 0 ? 0 : -1;
}

char *support_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

int support_thread(pthread_t *thread, void *(*routine)(void *), void *argument)
{
    return pthread_create(thread, NULL, routine, argument) == 0 ? 0 : -1;
}

/* ---- the library's own thread ---- */

static struct {
    pthread_mutex_t lock;
    pthread_t thread;
    int running, jobs;
    sem_t ready, stop;
} service = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *serve(void *argument)
{
    (void)argument;
    sem_post(&service.ready);
    while (sem_wait(&service.stop) != 0)
        ;
    return NULL;
}

int support_serve(void *argument)
{
    int error = 0;

    pthread_mutex_lock(&service.lock);
    if (!service.running) {
        sem_init(&service.ready, 0, 0);
        sem_init(&service.stop, 0, 0);
        error = pthread_create(&service.thread, NULL, serve, argument);
        service.running = !error;
        while (!error && sem_wait(&service.ready) != 0)
            ;
    }
    service.jobs++;
    pthread_mutex_unlock(&service.lock);
    return error ? -1 : 0;
}

int support_timer_schedule(void)
{
    return support_serve(NULL) == 0 ? 0 : -1;
}

int support_stop(void)
{
    pthread_mutex_lock(&service.lock);
    if (service.running) {
        sem_post(&service.stop);
        pthread_join(service.thread, NULL);
        service.running = 0;
    }
    pthread_mutex_unlock(&service.lock);
    return 0;
}
