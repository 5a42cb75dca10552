// SPDX-License-Identifier: MIT
/*
 * Which loads have records of their own in the report file: the first few of each file (option
 * list_loads), those that stay mapped when they are closed or the process ends, and those that
 * another record names. Other loads that come and are unloaded are counted for each file, so that
 * a program that reloads a plug-in all day writes little.
 *
 * All of it is under the report lock, and begins anew with each report file.
 */
#ifndef DLPIN_REPORT_LOADS_H
#define DLPIN_REPORT_LOADS_H

#include "modules/modules.h"

/* The module's state changed. */
void loads_note(struct module *module, enum module_state state, uint64_t time);

/* True: the module, which is not listed, is to be. Else it is counted once it is unloaded. */
bool loads_take(struct module *module);

/* The load gets records of its own: it is not counted, or not any more. */
void loads_list(struct module *module);

/* Takes a count that has changed since it was last taken, of loads of the file that `module` came
 * from, whose record is there. Without `all`, small changes wait. False: there is none. */
bool loads_take_count(bool all, uint32_t *module, unsigned *count);

/* In a fork child: nothing is in its report file yet. */
void loads_forget(void);

#endif
