// SPDX-License-Identifier: MIT
/*
 * The functions that the host of the samples offers to its plug-ins. The host exports them, as
 * apache2 or php do; a plug-in just calls them.
 */
#ifndef SAMPLES_HOST_H
#define SAMPLES_HOST_H

#include <aio.h>
#include <pthread.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host's own key: each thread may remember one thing under it. Made by the step "key". */
pthread_key_t host_key(void);

/* A copy of TEXT, in a block that the host allocates and that its destructor would free. */
char *host_copy(const char *text);

/* Blocks the calling thread until the step "wake", and then ends it by pthread_exit(). That unwinds
 * the stack, so the caller must still be mapped then. The thread must be joinable: "wake" joins it.
 */
void host_park(void) __attribute__((noreturn));

/* Returns when one more thread than at the last call has come to host_park(). */
void host_await(void);

/* The calling thread is about to wait: host_await() returns. */
void host_arrive(void);

/* Sleeps for so long. host_await() returns when the thread is in here. */
void host_sleep(unsigned seconds);

/* Blocks the calling thread until the step "resume", or host_resume(), and returns then.
 * host_await() returns when the thread is in here. */
void host_pause(void);
void host_resume(void);

/* Returns when this thread waits: for input, for time, or for this futex (NULL: for any in a
 * variable of the host or of a plug-in). A lock that it meets on its way there does not count. */
void host_await_blocked(pid_t tid, const void *futex);

/* Returns when each other thread waits in a system call. */
void host_await_others(void);

/* Works all the time, and never returns. */
void host_work(void) __attribute__((noreturn));

/* Calls FUNCTION from the host's code. */
int host_call(int (*function)(void));

/* Closes a plug-in and ends the process by exit(0). */
void host_close_and_leave(const char *plugin) __attribute__((noreturn));

/* The host's epoll instance, which nobody waits for. */
int host_epoll(void);

/* A file for asynchronous I/O, without anything to read until host_feed_channel(), or the step
 * "feed", of which each request gets something. And one without room to write to. */
int host_channel(void);
int host_feed_channel(void);
int host_full_channel(void);

/* A control block of the host's, for one request at a time. */
struct aiocb *host_aiocb(void);

/* Enters a function and a name in the host's table; NULL takes them out. */
typedef int host_function(void);
void host_register(unsigned number, const char *name, host_function *function);
host_function *host_driver(unsigned number);

/* The functions that the host calls itself: a table that is read-only once it is relocated. */
#define HOST_OWN_FUNCTIONS 2
extern host_function *const host_own_functions[HOST_OWN_FUNCTIONS];

/* Puts DATA in front of the host's list; takes the first out again; makes the first point to
 * itself.
 */
void host_list_add(const void *data);
void host_list_remove(void);
void host_circle(void);

/* Puts a string of the host's in front of the list, in a piece of the heap whose last word, which
 * the entry has no use for, is still DATA. */
void host_list_add_over(const void *data);

/* The calling thread's own slot. */
void host_set_slot(const void *data);
const void *host_slot(void);

/* A block of the host that leads to DATA through so many blocks, itself among them. */
void *host_box(unsigned depth, const void *data);

/* Keeps DATA in memory of the host's that is not malloc's. */
void host_map(const void *data);

/* Gives the host a descriptor for its own use. */
void host_take_descriptor(int number);

/* Start routines: a thread of the host that waits for the step "wake", and never reads ARGUMENT. */
void *host_service(void *argument);
int host_service_c11(void *argument);

#ifdef __cplusplus
}
#endif

#endif
