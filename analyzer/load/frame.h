// SPDX-License-Identifier: MIT
/* An address in a record, of code as a rule, and what symbolize found for it. */
#ifndef DLPIN_ANALYZER_FRAME_H
#define DLPIN_ANALYZER_FRAME_H

#include "load/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_ABSENT = -1 }; /* an optional id, size or pid that is not there */

/* A function that the compiler put into another one. Strings are owned, and may be NULL. */
struct inlined {
    char *function, *source;
    const char *path; /* of the source, as in struct frame */
    int line;
};

/* Which of them lies there; offset is one in the TLS segment for the last. */
enum frame_of { FRAME_OF_CODE, FRAME_OF_DATA, FRAME_OF_TLS };

struct frame {
    enum frame_of of;
    const char *role;   /* the member of "subject" that it is, NULL in a stack */
    const char *symbol; /* as it was known when the record was written, or NULL */
    uint64_t pc;
    uint64_t offset; /* a virtual address of the module's ELF file */
    int64_t module;  /* id, or RECORD_ABSENT */
    bool returns;    /* pc is a return address: the call is just before it */
    char *function;  /* from here on: what symbolize found, else NULL; owned */
    char *source;
    const char *path; /* the part of source below the folder of the sources, or NULL; borrowed */
    int line;
    struct inlined *inlined; /* what is inlined at pc, the innermost first; owned */
    size_t inlined_count;
    char *part; /* of data: "[1].open", what is after the variable's name; or NULL; owned */
};

/* A function at a frame (several, where some are inlined); strings are borrowed from the frame, and
 * may be NULL. */
struct frame_place {
    const char *function, *source, *path;
    const char *shown; /* the source for people: its path, else the whole of it */
    int line;
    bool inlined;
};

/* From an object with pc, module, offset and symbol. */
struct frame frame_read(const struct fields *fields, const json_t *object, const char *role);

/* The functions at a frame by number: what is inlined there, the innermost first, then the function
 * that has the symbol. There is always that one. */
size_t frame_place_count(const struct frame *frame);
struct frame_place frame_place(const struct frame *frame, size_t number);

/* Copies what symbolize found to a frame that has no places yet. */
void frame_copy_places(struct frame *frame, const struct frame *from);
/* Gives back what symbolize found. */
void frame_clear(struct frame *frame);
/* Gives back what symbolize found in these frames, and the array itself. */
void frames_free(struct frame *frames, size_t count);

#endif
