// SPDX-License-Identifier: MIT
/*
 * Everything that libunwind calls. The build gives its archive these functions in place of the C
 * library's (ownership/libunwind_calls.txt), so that a walk
 *
 *  - takes no lock: unwind tables are found by asking the loader for one address (object_at),
 *    where the C library's dl_iterate_phdr takes the loader's lock and dlsym changes dlerror();
 *  - reads no environment, which the program may have replaced by anything;
 *  - writes nothing: neither to stderr nor to memory that threads share;
 *  - cannot end the process: a failed assertion or an abort ends the call into libunwind.
 *
 * libunwind must be called through unwind_protected alone. Async-signal-safe, allocates nothing.
 */
#ifndef DLPIN_OWNERSHIP_UNWIND_CALLS_H
#define DLPIN_OWNERSHIP_UNWIND_CALLS_H

#include <stdbool.h>

/*
 * Calls the function. False: libunwind gave up. The function's own frame and those that it called
 * are then skipped, so they must hold nothing that has to be released; libunwind holds no lock.
 */
bool unwind_protected(void (*function)(void *data), void *data);

#endif
