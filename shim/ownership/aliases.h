// SPDX-License-Identifier: MIT
/*
 * The option alias=GLOB=NAME,...: a program that reloads a plug-in while it runs may copy it to a
 * new name each time. All modules that match GLOB have the identity NAME, as loads of one plug-in.
 */
#ifndef DLPIN_OWNERSHIP_ALIASES_H
#define DLPIN_OWNERSHIP_ALIASES_H

#include "base/text.h"
#include "modules/modules.h"

/* Reads the option, at the start; a part of it that is wrong is a line in `complaints`. */
void aliases_start(struct text *complaints);

/* Sets module->identity where a GLOB matches its identity, the last part of its path, or the path.
 * Common modules keep theirs: they are known by it. */
void aliases_apply(struct module *module);

#endif
