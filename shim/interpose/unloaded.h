// SPDX-License-Identifier: MIT
#ifndef DLPIN_INTERPOSE_UNLOADED_H
#define DLPIN_INTERPOSE_UNLOADED_H

#include "modules/modules.h"
#include "ownership/stack.h"

/* True: the function's module is unloaded, or is being unloaded right now. Once the program has
 * confined itself this is not known any more. In any phase; keeps errno. */
bool function_is_unloaded(const struct frame *function);

#endif
