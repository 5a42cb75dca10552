// SPDX-License-Identifier: MIT
/*
 * The sanitizers of gcc and clang: how a program that was built with one is recognized, and whether
 * it bears a preloaded libdlpin.so beside it.
 *
 * AddressSanitizer and its kin replace the functions of the C library that the shim calls too, and
 * search for the real ones, with dlsym(), before they can serve a call: a shim that is asked for a
 * symbol then calls into a run time that is not ready, and the program dies before main(). Tried
 * with gcc 12 and clang 14, run times shared and static.
 */
#ifndef DLPIN_ANALYZER_SANITIZERS_H
#define DLPIN_ANALYZER_SANITIZERS_H

#include <stdbool.h>

struct sanitizer {
    const char *name;
    const char
        *libraries[2]; /* globs for its shared run time, as gcc and clang name it; may be NULL */
    const char *start; /* the function that every object built with it calls first, or NULL */
    bool bears_us;
};

/* NULL where the name is none of theirs. */
const struct sanitizer *sanitizer_by_library(const char *soname);
const struct sanitizer *sanitizer_by_symbol(const char *symbol);

/* A sanitizer that is linked in, with its symbols stripped: its kind is unknown.
 * HWAddressSanitizer, the only one that fails with the shim, exists on x86-64 with special hardware
 * only. */
extern const struct sanitizer sanitizer_unknown;
/* Each of their run times searches for this function, which a program may define. */
#define SANITIZER_HOOK "__sanitizer_malloc_hook"

#endif
