// SPDX-License-Identifier: MIT
/*
 * Pointers to the real functions: real_malloc, real_dlopen, …
 *
 * They are found once, at the first call of any interposed function (which may be before
 * constructors, even before the environment is there), by dlsym(RTLD_NEXT). While that runs, malloc
 * is served from a small buffer of our own (bootstrap.h). A function that this libc has not got
 * becomes one that fails with ENOSYS.
 */
#ifndef DLPIN_INTERPOSE_REAL_H
#define DLPIN_INTERPOSE_REAL_H

#include "base/compiler.h"

#include <aio.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <locale.h>
#include <mqueue.h>
#include <netdb.h>
#include <printf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* Programs still call some that headers warn of: register_printf_function, sigset. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern void __cxa_finalize(void *dso_handle);
extern int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
extern int __cxa_atexit(void (*function)(void *), void *argument, void *dso_handle);
extern int __cxa_at_quick_exit(void (*function)(void *), void *dso_handle);
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *dso_handle);
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *dso_handle);
extern int __sigaction(int number, const struct sigaction *action, struct sigaction *before);
extern __sighandler_t bsd_signal(int number, __sighandler_t handler);
extern int __open_2(const char *path, int flags);
extern int __open64_2(const char *path, int flags);
extern int __openat_2(int folder, const char *path, int flags);
extern int __openat64_2(int folder, const char *path, int flags);
/* Of a newer libc than the oldest that this is built with. */
extern int fcntl64(int number, int command, ...);
extern int close_range(unsigned first, unsigned last, int flags) __THROW;
extern void closefrom(int first) __THROW;
extern int tgkill(pid_t process, pid_t thread, int number);
extern int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);
extern int pidfd_spawnp(int *pidfd, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[],
                        char *const envp[]);
int execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);

#define INTERPOSE(name, necessity) extern HIDDEN __typeof__(name) *real_##name;
#include "interpose/interposers.def"
#undef INTERPOSE

/* Makes every real_ pointer usable. Idempotent. */
void real_resolve(void);

/* Makes one of them usable, also while they are being found: dlsym or a constructor of libc may
 * allocate then, and the program's own malloc may call anything. */
void real_find_now(void **pointer);

#define real_need(pointer) \
    (likely((pointer) != NULL) ? (void)0 : real_find_now((void **)&(pointer)))

/* Before glibc 2.34 some functions lie in librt and libanl, which may come with a plug-in: searches
 * for one that was not there at the start. Inside the guard or without it. */
void real_resolve_again(void **pointer, const char *name);

#define REAL_LATE(name) (real_need(real_##name), real_resolve_again((void **)&real_##name, #name))

/* The error of the last dlopen call of our own; NULL: none. */
const char *real_error(void);

/* The program must not see an error of ours. */
void real_forget_errors(void);

/* The loader relocates libraries in the end-to-start order of their search: an IFUNC resolver of
 * one that comes before us may call us before we are relocated ourselves. No pointer of ours is
 * right then, no other library can be called, and there is no TLS. */
bool real_is_relocated(void);

/* For what allocators call before anything of ours is ready. False: the real function is not known
 * yet. */
bool real_find(const void *const *pointer);

#define REAL_IS_KNOWN(name) \
    (likely(real_##name != NULL) || real_find((const void *const *)&real_##name))

/* A row of the table. */
struct interposer {
    const char *name;
    void **real; /* where the real function's address is kept */
    bool required;
};
extern const struct interposer interposers[];
extern const unsigned interposer_count;

#define INTERPOSE(name, necessity) +1
enum {
    INTERPOSER_COUNT = 0
#include "interpose/interposers.def"
};
#undef INTERPOSE

#endif
