// SPDX-License-Identifier: MIT
/*
 * Answers if a function begins at an address, from the table of unwind entries in the module's file
 * (.eh_frame_hdr, Linux Standard Base Core Specification, 10.6.2): there is one entry for each
 * function that a compiler made, with its start, also where all symbols are stripped.
 */
#ifndef DLPIN_MODULES_ENTRIES_H
#define DLPIN_MODULES_ENTRIES_H

#include "modules/modules.h"

enum entry_answer { ENTRY_UNKNOWN, ENTRY_NO, ENTRY_YES };

/* UNKNOWN: the file is not there, or has no such table. May be asked of an unloaded module. No
 * locks; opens and closes a descriptor. */
enum entry_answer entry_at(const struct module *module, uintptr_t address);

#endif
