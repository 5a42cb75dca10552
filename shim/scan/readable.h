// SPDX-License-Identifier: MIT
/*
 * Which memory can be read in place, for a walk in the process itself while nothing else runs in
 * it, and for what a copy of it does not know well. The kernel is asked, once for each piece: that
 * a page is mapped to be read does not say that it can be (guard pages, protection keys, files that
 * have become shorter).
 */
#ifndef DLPIN_SCAN_READABLE_H
#define DLPIN_SCAN_READABLE_H

#include "scan/maps.h"

struct readable;

/* `maps` is what is mapped now, and is to stay. `files`: also what has a file behind it, which
 * another process may make shorter at any time. NULL: no memory, or to ask could wait for the
 * program (base/userfaults.h); then nothing can be read in place. */
struct readable *readable_open(const struct maps *maps, bool files);
void readable_close(struct readable *readable);

/* Memory can be read in place from `start` on up to there, and maybe further. `start`: it cannot.
 */
uintptr_t readable_end(struct readable *readable, uintptr_t start);

#endif
