// SPDX-License-Identifier: MIT
/*
 * Finds what a module would leave behind if it were unloaded now. Nothing is unloaded: in a copy of
 * the process (lifecycle/answer.h), and there alone, the module is noted as unloaded, and the rules
 * and a walk through memory are run.
 *
 * The module's destructors do not run: objects that they would release are reported, too.
 */
#ifndef DLPIN_LIFECYCLE_SUPPOSE_H
#define DLPIN_LIFECYCLE_SUPPOSE_H

#include <stdbool.h>
#include <stdint.h>

/* Writes a "supposed" record for each finding. False: there is no such module, it was there when
 * the program started, or no copy could be made. Inside the guard, without our locks. */
bool suppose_unloaded(uint32_t module, uint32_t token);

#endif
