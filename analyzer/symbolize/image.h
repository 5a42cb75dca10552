// SPDX-License-Identifier: MIT
/*
 * One ELF file, or its separate debug file, for looking up addresses. For symbolize.c; symbolize.h
 * says what may be trusted.
 */
#ifndef DLPIN_ANALYZER_IMAGE_H
#define DLPIN_ANALYZER_IMAGE_H

#include <stdint.h>

struct image;

/*
 * The file that was mapped as path. build_id is hexadecimal; where it is "", the module had none,
 * and the file is only taken if it has none either and was not changed since `started` (RFC 3339).
 * NULL where there is no such file any more and no debug file for the build ID.
 */
struct image *image_open(const char *path, const char *build_id, const char *started);
void image_close(struct image *image);

/* Where the results go; both strings are new ones, to be freed, and left alone if nothing is found.
 */
struct image_place {
    char **function;
    char **source;
    int *line;
};

/* address is a virtual address of the file; image may be NULL. */
void image_lookup(struct image *image, uint64_t address, const struct image_place *place);

#endif
