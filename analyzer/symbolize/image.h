// SPDX-License-Identifier: MIT
/*
 * An ELF file, or its separate debug file, for looking up addresses. For worker.c; symbolize.h says
 * what may be trusted.
 *
 * Files are opened by separate.h alone: a regular ELF file of the right build ID, before libdw sees
 * it. libdw itself cannot open any (limits.h).
 */
#ifndef DLPIN_ANALYZER_IMAGE_H
#define DLPIN_ANALYZER_IMAGE_H

#include "load/frame.h"
#include "symbolize/search.h"
#include "symbolize/source_root.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct image;

/*
 * The file that was mapped as path. build_id is hexadecimal; where it is "", the module had none,
 * and the file is only taken if it has none either and was not changed since `started` (RFC 3339).
 */
struct image_file {
    const struct search *search; /* or NULL */
    const char *path, *build_id, *started;
};

/*
 * A descriptor of it, or of a debug file for the build ID; -1 where there is neither. is_other:
 * there is none, but another file has its place.
 */
int image_find(const struct image_file *file, struct stat *status, bool *is_other);

/* Makes an image of what image_find() found, and takes the descriptor over; file is borrowed until
 * image_close(). NULL: it cannot be read. */
struct image *image_of(int descriptor, const struct stat *status, const struct image_file *file);

/* Both in one. */
struct image *image_open(const struct image_file *file);
void image_close(struct image *image);

/* Of a longer chain the outer ones are left out, but for the function that has the symbol. */
enum { INLINED_MAX = 100 };

/*
 * Fills function, source, line and inlined of a frame of code that has none of them, and part of
 * another; what is not found is left alone. address is a virtual address of the file; image may be
 * NULL.
 */
void image_lookup(struct image *image, uint64_t address, struct frame *frame);

/* Is the source of one of its compilation units below the root? */
bool image_is_built_from(struct image *image, const struct source_root *root);

#endif
