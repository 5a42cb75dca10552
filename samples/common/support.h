// SPDX-License-Identifier: MIT
/*
 * libsupport.so: "another library", as plug-ins use them. When the host has opened it before
 * ("open ../common/libsupport.so"), it stays; else it comes and goes with the plug-in that needs
 * it.
 */
#ifndef SAMPLES_SUPPORT_H
#define SAMPLES_SUPPORT_H

#include <pthread.h>
#include <signal.h>

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

/* Has the caller's function handle a signal. *BEFORE, unless NULL, is what did it. */
int support_handle(int number, void (*handler)(int), struct sigaction *before);

/* Ends and joins the thread of support_serve() or of support_timer_schedule(). */
int support_stop(void);

#endif
