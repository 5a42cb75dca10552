// SPDX-License-Identifier: MIT
/*
 * Runs a walk (scan/walk.h) from its beginning to its results: in a copy of the process, or in the
 * process itself where that is quicker or no copy can be had. scan/scan.h decides when.
 *
 * Under the check lock, inside the guard.
 */
#ifndef DLPIN_SCAN_WALKING_H
#define DLPIN_SCAN_WALKING_H

#include "scan/filter.h"
#include "scan/picture.h"
#include "scan/scan.h"

#include <stdatomic.h>

enum {
    MILLISECOND = 1000000,
    /* Bytes. A walk through more is large: it takes longer than a copy of a small process, 0.3 ms.
     */
    SMALL_BYTES = 1 << 20,
    BYTES_UNKNOWN = 1 << 30, /* taken for the process's memory where the kernel does not tell */
};

/* The walk in progress, or whose results are pending. */
struct walking {
    _Atomic bool active;
    bool finished;
    struct walk *walk; /* in memory that a copy shares */
    struct ranges *ranges;
    struct module *retainers[RETAINERS_MAX]; /* each with a reference */
    unsigned retainer_count;
    struct picture picture;
    struct hits hits; /* why it was begun */
};

extern struct walking walking;

/* Begins a walk for `ranges`, which it takes over, and for walking.retainers, through so many
 * bytes. `waits`: the program waits for its end. Afterwards walking.active says whether it could be
 * begun. */
void walking_begin(struct ranges *ranges, uint64_t bytes, bool waits);

/* The same where all that points into the ranges are known words in variables (walking.hits); it is
 * over at once. */
void walking_report_hits(struct ranges *ranges);

/* Gives everything of the walk back. */
void walking_end(void);

/* With the references to their modules; NULL is ignored. */
void walking_free_ranges(struct ranges *ranges);

/* True if the process itself may be walked through. */
bool walking_may_be_alone(void);

/* Memory that is the process's own, or BYTES_UNKNOWN. */
uint64_t walking_private_bytes(void);

#endif
