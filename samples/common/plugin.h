// SPDX-License-Identifier: MIT
/*
 * A plug-in of the samples is a shared object with some entry points, which the host calls by name.
 * ENTRY(start) { … } defines one; it returns 0 on success.
 *
 * An entry point never ends with "return pthread_…(…);": compilers make that a jump, the entry
 * point is no longer on the stack, and the call looks like the host's. Real code does this at
 * times; a sample must behave the same in every build type.
 */
#ifndef SAMPLES_PLUGIN_H
#define SAMPLES_PLUGIN_H

#ifdef __cplusplus
#define ENTRY(name)        \
    extern "C" int name(); \
    int name()
#else
#define ENTRY(name) \
    int name(void); \
    int name(void)
#endif

/* Stands in every block that a sample leaves behind: reports must never show contents of memory. */
#define SECRET "hunter2, and enough text behind it that no string class keeps it in itself"

/* A value that is no pointer: a number that the plug-in keeps under its key. */
#define NUMBER ((void *)42)

#endif
