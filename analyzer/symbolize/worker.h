// SPDX-License-Identifier: MIT
/*
 * Reads debug information in a process of its own, one for each file, that can open nothing, has a
 * bound on its memory and on its time, and may die: a damaged or hostile file costs its own names
 * and nothing else.
 */
#ifndef DLPIN_ANALYZER_WORKER_H
#define DLPIN_ANALYZER_WORKER_H

#include "symbolize/image.h"
#include "symbolize/source_root.h"

#include <stddef.h>

/* For all files of one report together: more only a hostile one needs. */
#define WORKER_SECONDS_MAX 120

struct lookup {
    uint64_t address;
    struct frame *frame; /* that image_lookup() fills */
};

/*
 * If the file cannot be read to the end, a message names it. seconds: how much processor time is
 * left; what was used is taken from it. False where only another file is at the place of this one.
 */
bool worker_look_up(const struct image_file *file, const struct lookup *lookups, size_t count,
                    double *seconds);

/* Does the debug information of the file name a source in the root? False where it has none, or it
 * cannot be read. The rest is as above. */
bool worker_is_built_from(const struct image_file *file, const struct source_root *root,
                          double *seconds);

#endif
