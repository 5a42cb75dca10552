// SPDX-License-Identifier: MIT
/*
 * Where a finding, a crash or a frame is in source code, for formats whose readers have a checkout
 * of it: as a path in the folder of the program's sources.
 */
#ifndef DLPIN_ANALYZER_LOCATION_H
#define DLPIN_ANALYZER_LOCATION_H

#include "model/model.h"
#include "symbolize/source_root.h"

struct location {
    const char *path;     /* in the root, and borrowed; NULL: outside of it, or not known */
    int line;             /* at least 1 */
    const char *function; /* or NULL */
};

/* Of a function at the frame, by its number as frame_place() has it. */
struct location location_of_place(const struct frame *frame, size_t number);
/* Of the function that has the symbol. */
struct location location_of_frame(const struct frame *frame);

/*
 * A finding is at the first frame of its own module that has a line in the root: on the stack that
 * made the thing, else of the function that is left behind; else at the first frame of all that is
 * in the root, which is the first of the user's own code.
 */
struct location location_of_finding(const struct source_root *root, const struct finding *finding);
struct location location_of_crash(const struct source_root *root, const struct crash *crash);

/* Its path; else the fallback, else the module's name: some formats want a path of everything. */
const char *location_path(const struct location *location, const struct source_root *root,
                          const struct module *module);

#endif
