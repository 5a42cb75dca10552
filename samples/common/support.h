// SPDX-License-Identifier: MIT
/*
 * libsupport.so: "another library", as plug-ins use them. When the host has opened it before ("open
 * ../common/libsupport.so"), it stays; else it is loaded and unloaded with the plug-in that needs
 * it.
 */
#ifndef SAMPLES_SUPPORT_H
#define SAMPLES_SUPPORT_H

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>

/* Makes a key for the caller; deletes it; sets a value for it in this thread. */
int support_key_create(pthread_key_t *key, void (*destructor)(void *));
int support_key_delete(pthread_key_t key);
int support_set(pthread_key_t key, const void *value);

/* Uses the library's own key, which it makes when it is first needed, with a destructor of its own.
 */
int support_use_own_key(void);

/* A copy of TEXT in a block of the library. */
char *support_copy(const char *text);

/* Starts a thread with the caller's routine. */
int support_thread(pthread_t *thread, void *(*routine)(void *), void *argument);

/* Starts a thread of the library, which holds ARGUMENT until support_stop(). */
int support_serve(void *argument);

/* Lets the library's timer thread know of one more job; the first call starts that thread. */
int support_timer_schedule(void);

/* Registers the caller's exit handler: with on_exit(), or with atexit(), then in the library's own
 * name. */
int support_on_exit(void (*handler)(int status, void *argument), void *argument);
int support_atexit(void (*handler)(void *argument), void *argument);

/* Handlers of the library, which do nothing. */
void support_ended(int status, void *argument);
void support_destroy(void *argument);

/* Registers the caller's fork handlers, in the library's own name. */
int support_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/* Makes a timer that calls the function in an hour; a function of the library. */
int support_timer(void (*function)(union sigval value), void *argument);
void support_tick(union sigval value);

/* putenv() and setvbuf() of what the caller gives. */
int support_putenv(char *string);
int support_setvbuf(FILE *stream, char *buffer, size_t size);

/* Has the caller's function handle a signal. *BEFORE, unless NULL, is what did it. */
int support_handle(int number, void (*handler)(int), struct sigaction *before);

/* The calling thread handles signals on this stack from now on; NULL: on its own. */
int support_signal_stack(void *area, size_t size);

/* Has a thread of the library wait for the semaphore, and returns when it does; joins it. */
int support_wait(sem_t *semaphore);
int support_stop_waiting(void);

/* Has a thread of the library call a function, and returns when that waits for something. */
int support_call(void (*function)(void));

/* Has the epoll instance say with DATA when there is something in a new file, which it returns. */
int support_watch(int epoll, void *data);

/* Reads into the buffer asynchronously; gives the request up, or waits for it. */
int support_read(int file, char *buffer, size_t size);
int support_stop_reading(void);

/* Makes the mutex a robust one and locks it; unlocks it. */
int support_lock(pthread_mutex_t *mutex);
int support_unlock(pthread_mutex_t *mutex);

/* open(2) of /dev/null for the caller, and close(2). */
int support_descriptor(void);
int support_close(int number);

/* Uses the library's own descriptor, which it opens at the first call and keeps. */
int support_use_own_channel(void);

/* Maps so much memory for the caller. */
void *support_map(size_t size);

/* dlopen(), and whoever calls it has to close what it gives. */
void *support_open(const char *path);

/* Ends and joins the thread of support_serve() or of support_timer_schedule(). */
int support_stop(void);

#endif
