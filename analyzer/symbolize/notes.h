// SPDX-License-Identifier: MIT
/*
 * The notes of an ELF file, read before any library sees the file. Every read is bounded; the file
 * may hold anything. One note may come twice: as part of a segment and of a section.
 */
#ifndef DLPIN_ANALYZER_NOTES_H
#define DLPIN_ANALYZER_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct note {
    uint64_t type;
    const unsigned char *name, *data; /* until the visitor returns */
    size_t name_size, size;           /* the name's with the NUL at its end */
};

typedef void note_visitor(void *context, const struct note *note);

/* False: it is no ELF file, or cannot be read. */
bool notes_read(int descriptor, note_visitor *visit, void *context);

#endif
