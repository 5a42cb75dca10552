// SPDX-License-Identifier: MIT
/*
 * Where reachability begins: writable data of modules, thread-local storage, arguments and values
 * of threads, stacks, and memory that is nobody's that we know.
 *
 * Collected in the process itself, before a scan, with our locks; then a scan in a copy needs none.
 */
#ifndef DLPIN_SCAN_ROOTS_H
#define DLPIN_SCAN_ROOTS_H

#include "scan/blocks.h"
#include "scan/maps.h"
#include "scan/root_list.h"

/* Writable data of mapped modules and thread-local variables alone, for a quick look. Takes the
 * registry lock. */
void roots_of_variables(struct roots *roots);

/* Everything; `ranges` has the unloaded modules. Takes the registry lock. */
void roots_collect(struct roots *roots, const struct maps *maps, const struct heap_pages *pages,
                   const struct ranges *ranges);

#endif
