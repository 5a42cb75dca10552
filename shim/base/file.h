// SPDX-License-Identifier: MIT
/* Reading a small file that a user named. No locks; holds a descriptor while it reads. */
#ifndef DLPIN_BASE_FILE_H
#define DLPIN_BASE_FILE_H

#include <stddef.h>

/* The whole file, with a NUL after it, in size + 1 bytes of the arena. NULL: it is no regular
 * file, is larger than 1 MB, or cannot be read to its end. */
char *file_read(const char *path, size_t *size);

#endif
