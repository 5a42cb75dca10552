// SPDX-License-Identifier: MIT
#ifndef DLPIN_ANALYZER_PROCESSORS_H
#define DLPIN_ANALYZER_PROCESSORS_H

/* On how many processors this process may run, as taskset(1) sets it; at least 1. */
unsigned processors_usable(void);

#endif
