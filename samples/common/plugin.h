// SPDX-License-Identifier: MIT
/*
 * What a plug-in of the samples looks like: a shared object with some entry points, which the host
 * calls by name. ENTRY(start) { … } defines one; it returns 0 when all went well.
 *
 * An entry point never ends with "return pthread_…(…);": compilers make a jump of that, the entry
 * point is not on the stack any more, and the call looks like the host's. Real code does it at
 * times; a sample should mean what it says in every build type.
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
