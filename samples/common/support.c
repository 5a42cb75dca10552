// SPDX-License-Identifier: MIT
/* libsupport.so: see support.h. Nothing here is wrong; it is the plug-ins that use it well or
 * badly. */
#include "support.h"

#include <aio.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

/* ---- handlers ---- */

/* Compilers turn atexit() into this call. */
int __cxa_atexit(void (*handler)(void *), void *argument, void *whose);
extern void *__dso_handle;

int support_on_exit(void (*handler)(int status, void *argument), void *argument)
{
    return on_exit(handler, argument) == 0 ? 0 : -1;
}

int support_atexit(void (*handler)(void *argument), void *argument)
{
    return __cxa_atexit(handler, argument, &__dso_handle) == 0 ? 0 : -1;
}

void support_ended(int status, void *argument)
{
    (void)status;
    (void)argument;
}

void support_destroy(void *argument)
{
    (void)argument;
}

int support_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return pthread_atfork(prepare, parent, child) == 0 ? 0 : -1;
}

int support_timer(void (*function)(union sigval value), void *argument)
{
    static const struct itimerspec in_an_hour = {.it_value = {3600, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD};
    timer_t timer;

    event.sigev_notify_function = function;
    event.sigev_value.sival_ptr = argument;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return -1;
    return timer_settime(timer, 0, &in_an_hour, NULL) == 0 ? 0 : -1;
}

void support_tick(union sigval value)
{
    (void)value;
}

/* ---- strings and buffers ---- */

int support_putenv(char *string)
{
    return putenv(string) == 0 ? 0 : -1;
}

int support_setvbuf(FILE *stream, char *buffer, size_t size)
{
    return setvbuf(stream, buffer, _IOFBF, size) == 0 ? 0 : -1;
}

int support_handle(int number, void (*handler)(int), struct sigaction *before)
{
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, before) == 0 ? 0 : -1;
}

int support_signal_stack(void *area, size_t size)
{
    stack_t stack = {.ss_sp = area, .ss_size = size, .ss_flags = area ? 0 : SS_DISABLE};

    return sigaltstack(&stack, NULL) == 0 ? 0 : -1;
}

int support_descriptor(void)
{
    int number = open("/dev/null", O_RDONLY);

    return number >= 0 ? number : -1;
}

int support_close(int number)
{
    return close(number) == 0 ? 0 : -1;
}

/* ---- the library's own descriptor ---- */

struct channel {
    int number;
};

static struct channel *own_channel;

int support_use_own_channel(void)
{
    if (own_channel)
        return 0;
    own_channel = malloc(sizeof *own_channel);
    if (!own_channel)
        abort();
    own_channel->number = eventfd(0, EFD_CLOEXEC);
    return own_channel->number >= 0 ? 0 : -1;
}

static struct aiocb reading;

int support_read(int file, char *buffer, size_t size)
{
    reading = (struct aiocb){.aio_fildes = file, .aio_buf = buffer, .aio_nbytes = size};
    reading.aio_sigevent.sigev_notify = SIGEV_NONE;
    return aio_read(&reading) == 0 ? 0 : -1;
}

int support_stop_reading(void)
{
    const struct aiocb *list[] = {&reading};
    ssize_t length;

    aio_cancel(reading.aio_fildes, &reading);
    while (aio_error(&reading) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    length = aio_return(&reading);
    reading = (struct aiocb){0};
    return length >= 0 ? 0 : -1;
}

void *support_map(size_t size)
{
    void *there = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return there != MAP_FAILED ? there : NULL;
}

/* ---- the library's own thread ---- */

/*
 * On the heap, and never freed: where the library is unloaded while its thread waits, the thread is
 * in the C library and touches only this. (A sample must not crash by chance.)
 */
struct service {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool running, stop;
};

static struct service *service;
static pthread_once_t service_once = PTHREAD_ONCE_INIT;

static void make_service(void)
{
    service = calloc(1, sizeof *service);
    if (!service)
        abort();
    pthread_mutex_init(&service->lock, NULL);
    pthread_cond_init(&service->changed, NULL);
}

/* The lock is given up in pthread_cond_wait(): whoever sees "running" sees a thread that waits. */
static void *serve(void *argument)
{
    struct service *s = service;

    (void)argument;
    pthread_mutex_lock(&s->lock);
    s->running = true;
    pthread_cond_broadcast(&s->changed);
    while (!s->stop)
        pthread_cond_wait(&s->changed, &s->lock);
    s->running = false;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int support_serve(void *argument)
{
    int error = 0;

    pthread_once(&service_once, make_service);
    pthread_mutex_lock(&service->lock);
    if (!service->running) {
        service->stop = false;
        error = pthread_create(&service->thread, NULL, serve, argument);
        while (!error && !service->running)
            pthread_cond_wait(&service->changed, &service->lock);
    }
    pthread_mutex_unlock(&service->lock);
    return error ? -1 : 0;
}

int support_timer_schedule(void)
{
    return support_serve(NULL) == 0 ? 0 : -1;
}

int support_stop(void)
{
    bool was_running;

    pthread_once(&service_once, make_service);
    pthread_mutex_lock(&service->lock);
    was_running = service->running;
    service->stop = true;
    pthread_cond_broadcast(&service->changed);
    pthread_mutex_unlock(&service->lock);
    return !was_running || pthread_join(service->thread, NULL) == 0 ? 0 : -1;
}

/* ---- waiting for others ---- */

int support_watch(int epoll, void *data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    int file = eventfd(0, EFD_CLOEXEC);

    if (file < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) != 0)
        return -1;
    return file;
}

static pthread_t waiter;
static sem_t *_Atomic waits_for;
static _Atomic pid_t waiter_tid;

static void *wait_for_it(void *argument)
{
    sem_t *semaphore = waits_for;

    (void)argument;
    waiter_tid = (pid_t)syscall(SYS_gettid);
    while (sem_wait(semaphore) != 0)
        ;
    return NULL;
}

/* proc(5): "202 0x…" of a thread that waits for a futex. */
static bool waits_in_kernel(void)
{
    char path[64], line[32] = "";
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)waiter_tid);
    file = waiter_tid ? fopen(path, "re") : NULL;
    if (!file)
        return false;
    if (!fgets(line, sizeof line, file))
        line[0] = 0;
    fclose(file);
    return strtol(line, NULL, 10) == SYS_futex;
}

static int start_waiter(void *(*routine)(void *))
{
    waiter_tid = 0;
    if (pthread_create(&waiter, NULL, routine, NULL) != 0)
        return -1;
    while (!waits_in_kernel())
        sched_yield();
    return 0;
}

int support_wait(sem_t *semaphore)
{
    int error;

    waits_for = semaphore;
    error = start_waiter(wait_for_it);
    waits_for = NULL;
    return error;
}

static void (*_Atomic called)(void);

static void *call_it(void *argument)
{
    (void)argument;
    waiter_tid = (pid_t)syscall(SYS_gettid);
    called();
    return NULL;
}

int support_call(void (*function)(void))
{
    int error;

    called = function;
    error = start_waiter(call_it);
    called = NULL;
    return error;
}

int support_stop_waiting(void)
{
    return pthread_join(waiter, NULL) == 0 ? 0 : -1;
}

int support_lock(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return pthread_mutex_lock(mutex) == 0 ? 0 : -1;
}

int support_unlock(pthread_mutex_t *mutex)
{
    return pthread_mutex_unlock(mutex) == 0 ? 0 : -1;
}

/* ---- modules ---- */

void *support_open(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW);

    if (!handle)
        dlerror();
    return handle;
}
