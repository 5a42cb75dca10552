// SPDX-License-Identifier: MIT
/* A code address in a record, and what symbolize found for it. */
#ifndef DLPIN_ANALYZER_FRAME_H
#define DLPIN_ANALYZER_FRAME_H

#include "load/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_ABSENT = -1 }; /* an optional id, size or pid that is not there */

struct frame {
    const char *role;   /* the member of "subject" that it is, NULL in a stack */
    const char *symbol; /* as it was known when the record was written, or NULL */
    uint64_t pc;
    uint64_t offset; /* a virtual address of the module's ELF file */
    int64_t module;  /* id, or RECORD_ABSENT */
    bool returns;    /* pc is a return address: the call is just before it */
    char *function;  /* from here on: what symbolize found, else NULL; owned */
    char *source;
    int line;
};

/* From an object with pc, module, offset and symbol. */
struct frame frame_read(const struct fields *fields, const json_t *object, const char *role);

/* What symbolize found in these, and the array itself. */
void frames_free(struct frame *frames, size_t count);

#endif
