// SPDX-License-Identifier: MIT
/*
 * What would be found if a module were unloaded now. Nothing is unloaded: a copy of the process is
 * made (scan/copy.h), with all our locks held so that our tables are whole in it. In the copy alone
 * the module is noted as unloaded, the rules and a walk through memory are run, and what they say
 * is left in shared memory as text. The copy has descriptors of its own and closes all of them
 * first, so it can read files for names without the program's seeing it.
 *
 * The module's destructors do not run: what they would give back is told of too.
 */
#ifndef DLPIN_LIFECYCLE_SUPPOSE_H
#define DLPIN_LIFECYCLE_SUPPOSE_H

#include <stdbool.h>
#include <stdint.h>

/* Writes a "supposed" record for each finding. False: there is no such module, it was there when
 * the program started, or no copy could be made. Inside the guard, without our locks. */
bool suppose_unloaded(uint32_t module, uint32_t token);

#endif
