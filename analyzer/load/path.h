// SPDX-License-Identifier: MIT
/*
 * The retention path from a root to the retained object ("path" of a finding,
 * shim/report/report_format.h), as a list of nodes, root first.
 *
 * path_read() checks types; what is wrong is in the fields' problem. Strings are borrowed from the
 * JSON. The frames are for symbolize to complete; path_free() gives everything back.
 */
#ifndef DLPIN_ANALYZER_PATH_H
#define DLPIN_ANALYZER_PATH_H

#include "load/fields.h"
#include "load/frame.h"

#include <stddef.h>

struct path_node {
    const char *what; /* "data", "block", "image", …; a reader may not know it */
    const char *symbol, *target, *thread_name;
    uint64_t address;
    int64_t module, owner, key, descriptor, tid, bytes; /* RECORD_ABSENT where there is none */
    int64_t via;     /* where in the node, or in its symbol, the next is pointed to; else ABSENT */
    int64_t skipped; /* so many nodes before this one are left out */
    bool common;     /* a block of a module that acts for others */
    bool leaves;     /* the first block on the path that the finding's module made */
    /* Of a block: the call that made it; of an image, or a variable without a name: the place; or
     * NULL. */
    struct frame *frame;
    struct frame *variable; /* the place in a variable with a name; or NULL */
};

struct path {
    struct path_node *nodes;
    size_t count;
};

void path_read(const struct fields *fields, const json_t *steps, struct path *path);
void path_free(struct path *path);

#endif
