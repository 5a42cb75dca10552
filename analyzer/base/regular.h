// SPDX-License-Identifier: MIT
/*
 * Opens files whose names come from a report, a process or an ELF file, and may therefore name
 * anything: a FIFO that never answers, a device, a symbolic link to either.
 *
 * The name is opened as a mere reference first (O_PATH), which neither waits nor has any effect on
 * what it names; that must be a regular file of bearable size. The same inode is then opened for
 * reading. So nothing can be put in its place in between, and what is no file is never opened.
 */
#ifndef DLPIN_ANALYZER_REGULAR_H
#define DLPIN_ANALYZER_REGULAR_H

#include <sys/stat.h>

/* Larger files are not read: they are sparse ones that have no end. */
#define REGULAR_SIZE_MAX ((off_t)1 << 36)

enum {
    REGULAR_NO_FOLLOW = 1, /* the name itself must not be a symbolic link */
    /* Also an anonymous pipe, as of the standard input or of a shell's <(...): its other end can
     * only be held by who named it. A FIFO in a file system is none. */
    REGULAR_OR_PIPE = 2,
    /* directory is the root for the name and for absolute links in the path, as far as the kernel
     * can do that (Linux 5.6). */
    REGULAR_IN_ROOT = 4,
};

/*
 * A descriptor for reading, to be closed, and its status; or a negative errno, among them
 * -EMEDIUMTYPE for what is no regular file and -EFBIG for a too large one. A relative name begins
 * in directory, a descriptor or AT_FDCWD.
 */
int regular_open_at(int directory, const char *name, int flags, struct stat *status);
int regular_open(const char *path, int flags, struct stat *status);

/* The words for a negative result. */
const char *regular_problem(int error);

#endif
