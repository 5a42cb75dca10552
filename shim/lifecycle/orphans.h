// SPDX-License-Identifier: MIT
/*
 * Values that a deleted key left behind. Their module may free them a moment later, from a list of
 * its own: so they are reported at the next check (an unload, exit), if the block is still there
 * then. Under the check lock.
 */
#ifndef DLPIN_LIFECYCLE_ORPHANS_H
#define DLPIN_LIFECYCLE_ORPHANS_H

#include "rules/finding.h"

/* Takes the finding over. False: there is no more room, or the value is no block. */
bool orphans_defer(const struct finding *finding);
void orphans_report(void);

#endif
