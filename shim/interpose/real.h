// SPDX-License-Identifier: MIT
/*
 * Pointers to the real functions: real_malloc, real_dlopen, …
 *
 * They are found once, at the first call of any interposed function (which may be before
 * constructors, even before the environment is there), by dlsym(RTLD_NEXT). While that runs, malloc
 * is served from a small buffer of our own (heap.c). A function that this libc has not got becomes
 * one that fails with ENOSYS.
 */
#ifndef DLPIN_INTERPOSE_REAL_H
#define DLPIN_INTERPOSE_REAL_H

#include "base/compiler.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>

/* Programs still call some that <signal.h> warns of. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

extern void __cxa_finalize(void *dso_handle);
extern int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
extern int __sigaction(int number, const struct sigaction *action, struct sigaction *before);
extern __sighandler_t bsd_signal(int number, __sighandler_t handler);
int execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);

#define INTERPOSE(name, family, necessity) extern HIDDEN __typeof__(name) *real_##name;
#include "interpose/interposers.def"
#undef INTERPOSE

/* Makes every real_ pointer usable. Idempotent. */
void real_resolve(void);

static inline void real_need(const void *pointer)
{
    if (unlikely(!pointer))
        real_resolve();
}

/* The real functions are known: heap.c's part of it. */
void heap_resolved(void);

/* A row of the table. */
struct interposer {
    const char *name;
    void **real;       /* where the real function's address is kept */
    void *replacement; /* ours */
    bool required;
};
extern const struct interposer interposers[];
extern const unsigned interposer_count;

#define INTERPOSE(name, family, necessity) +1
enum {
    INTERPOSER_COUNT = 0
#include "interpose/interposers.def"
};
#undef INTERPOSE

#endif
