// SPDX-License-Identifier: MIT
/*
 * Which memory can be read, for a walk in the process itself while no other thread is there that
 * could unmap it meanwhile. What has no file behind it can be read if it is mapped so; of a file,
 * which may have become shorter, the kernel is asked, once for each piece.
 */
#ifndef DLPIN_SCAN_READABLE_H
#define DLPIN_SCAN_READABLE_H

#include "scan/maps.h"

struct readable;

/* `maps` is what is mapped now, and is to stay. NULL: no memory. */
struct readable *readable_open(const struct maps *maps);
void readable_close(struct readable *readable);

/* Memory can be read from `start` on up to there, and maybe further. `start`: it cannot. */
uintptr_t readable_end(struct readable *readable, uintptr_t start);

#endif
