// SPDX-License-Identifier: MIT
/*
 * Which pages of this process were written to. The others have the contents of their file, or
 * zeros: no pointer that the program made. From /proc/self/pagemap, by the ioctl of Linux 6.7 where
 * there is one. Where the kernel does not say, all pages count as written to.
 *
 * Any thread; one struct is one caller's.
 */
#ifndef DLPIN_BASE_WRITTEN_H
#define DLPIN_BASE_WRITTEN_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes. Smaller areas are scanned whole: in 7 us, about as long as asking for their pages takes.
 */
enum { WRITTEN_LEAST = 64 << 10 };

struct written {
    int fd; /* -1: it does not tell */
};

void written_open(struct written *written);
void written_close(struct written *written);

/* Calls for each part of [start, end), whole pages, that was written to, in ascending order; parts
 * between which less than `gap` bytes lie are one. */
typedef void written_visitor(uintptr_t start, uintptr_t end, void *data);
void written_each(const struct written *written, uintptr_t start, uintptr_t end, uintptr_t gap,
                  written_visitor *visit, void *data);

#endif
