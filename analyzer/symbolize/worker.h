// SPDX-License-Identifier: MIT
/*
 * Looks addresses up in a process of its own, one for each file, that can open nothing, has a bound
 * on its memory and on its time, and may die: a damaged or hostile file costs its own names and
 * nothing else.
 */
#ifndef DLPIN_ANALYZER_WORKER_H
#define DLPIN_ANALYZER_WORKER_H

#include "symbolize/image.h"

#include <stddef.h>

/* For all files of one report together: more only a hostile one needs. */
#define WORKER_SECONDS_MAX 120

struct lookup {
    uint64_t address;
    struct frame *frame; /* that image_lookup() fills */
};

/* A file whose symbols are wanted, named as image_find() takes it. If it cannot be read to the end,
 * its name is written to standard error. */
struct worker_file {
    const char *path, *build_id, *started;
};

/* seconds: how much processor time is left; what was used is taken from it. */
void worker_look_up(const struct worker_file *file, const struct lookup *lookups, size_t count,
                    double *seconds);

#endif
