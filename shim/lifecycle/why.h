// SPDX-License-Identifier: MIT
/*
 * Why a module is mapped, whether the program closed it or not: for the module, for each one that
 * holds it, and so on, the finding that the rules would make if it were closed and stayed. Worked
 * out in a copy of the process (lifecycle/answer.h).
 */
#ifndef DLPIN_LIFECYCLE_WHY_H
#define DLPIN_LIFECYCLE_WHY_H

#include <stdbool.h>
#include <stdint.h>

/* Writes "supposed" records: a still-mapped finding for each of these modules, and a handle finding
 * for each dlopen call that they are open by. False: there is no such module that is mapped, or no
 * copy could be made. Inside the guard, without our locks. */
bool why_mapped(uint32_t module, uint32_t token);

#endif
