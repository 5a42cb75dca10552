/* SPDX-License-Identifier: MIT */
/*
 * dlpin.h: for programs and plug-ins that want to talk to dlpin. libdlpin(3) is the description.
 *
 * Nothing is to be linked. Under dlpin the preload library has the functions; without it each call
 * is a test of a pointer, its arguments are not evaluated, and it is worth 0. C and C++.
 *
 * The functions are weak references. They are found in programs and shared objects that are made
 * position independent, as most compilers do by default; GCC finds them in others too, Clang does
 * not. A statically linked program never runs under dlpin.
 */
#ifndef DLPIN_H
#define DLPIN_H

#ifndef DLPIN_REFERENCE
#ifdef __clang__
#define DLPIN_REFERENCE __attribute__((weak))
#else
#define DLPIN_REFERENCE __attribute__((weak, noplt))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Checks everything now. Returns how many findings were made since the last call, or since the
 * start, and still hold. */
int dlpin_check(void) DLPIN_REFERENCE;

/* A unit of work of this thread begins, and ends: a request that a thread of a pool serves. One
 * inside another belongs to it. `name` is copied as far as it fits, and may be NULL. */
void dlpin_task_begin(const char *name) DLPIN_REFERENCE;
void dlpin_task_end(void) DLPIN_REFERENCE;

/* Between these calls nothing that this thread makes is reported: blocks, keys, values, threads.
 * The calls nest. */
void dlpin_ignore_begin(void) DLPIN_REFERENCE;
void dlpin_ignore_end(void) DLPIN_REFERENCE;

/* The block that `pointer` points to or into is handed over for good: no longer the module's. */
void dlpin_disown(const void *pointer) DLPIN_REFERENCE;

#ifdef __cplusplus
}
#endif

#define dlpin_check() (dlpin_check ? dlpin_check() : 0)
#define dlpin_task_begin(name) (dlpin_task_begin ? dlpin_task_begin(name) : (void)0)
#define dlpin_task_end() (dlpin_task_end ? dlpin_task_end() : (void)0)
#define dlpin_ignore_begin() (dlpin_ignore_begin ? dlpin_ignore_begin() : (void)0)
#define dlpin_ignore_end() (dlpin_ignore_end ? dlpin_ignore_end() : (void)0)
#define dlpin_disown(pointer) (dlpin_disown ? dlpin_disown(pointer) : (void)0)

#endif
