// SPDX-License-Identifier: MIT
/*
 * A file that the program is about to execute: does the library come into the new program, and can
 * it report from there?
 *
 * Only reads files, with the ids and the root folder of the caller, and a few hundred bytes of
 * stack; takes no memory and no lock. Any thread, also in a child of vfork(2) and in a signal
 * handler.
 */
#ifndef DLPIN_BASE_EXEC_FILE_H
#define DLPIN_BASE_EXEC_FILE_H

#include "report/report_format.h"

#include <stdbool.h>

/* A place as execveat(2) has it. */
struct exec_file {
    int folder;
    const char *path;
    int flags; /* AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW */
    const char
        *shell; /* runs the file if the kernel does not know its format; NULL: nothing does */
};

/* Once: remembers the loader, the library, and the folder that reports go into (or NULL). */
void exec_file_start(const char *library, const char *folder);

/* Reports why the library does not come into the program. UNFOLLOWED_NOT: it does;
 * UNFOLLOWED_LOADER: it comes into what the loader runs, if anything; UNFOLLOWED_ABSENT: there is
 * nothing to execute. */
enum unfollowed exec_file_inspect(const struct exec_file *file);

/* Is it a loader, of whatever C library, that is only asked something, as ldd(1) does with each one
 * that there is? It runs no program then. */
bool exec_file_is_question(const char *path, char *const *argv);

#endif
