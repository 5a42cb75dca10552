// SPDX-License-Identifier: MIT
/*
 * Where glibc has its lists of exit and fork handlers. They keep the words of handlers that were
 * taken out, and registered handlers have kinds of their own in the report; so these words are not
 * read like those of other variables.
 *
 * The lists have no names that can be asked for. They are found once, while the process starts, by
 * what we have registered ourselves. Reads cannot fault; no locks.
 */
#ifndef DLPIN_REGISTRY_LIBC_LISTS_H
#define DLPIN_REGISTRY_LIBC_LISTS_H

#include "modules/modules.h"

enum { LIBC_LISTS = 3 }; /* of exit, quick_exit and fork handlers */

/* `handle` is what libc knows our handler by that was registered last, with exit and, if libc has
 * that, with quick_exit. */
void libc_lists_find_exit(uintptr_t handle);

/* These three were registered last, as one entry. */
void libc_lists_find_fork(const uintptr_t functions[3]);

/* All that libc has were found; else nobody can tell the other variables from them. */
bool libc_lists_are_known(void);

/* Part of libc's variables; empty: there is none. */
void libc_list_range(unsigned list, uintptr_t *start, uintptr_t *end);

/* The blocks that lists continue in: where each lies, and the word that leads there. */
typedef void libc_block_visitor(uintptr_t start, uintptr_t end, uintptr_t slot, void *data);
void libc_lists_each_block(libc_block_visitor *visit, void *data);

#endif
