// SPDX-License-Identifier: MIT
/*
 * Roots of threads: their blocks of thread-local variables, arguments, values, descriptors and
 * stacks. All take the registry lock.
 */
#ifndef DLPIN_SCAN_THREAD_ROOTS_H
#define DLPIN_SCAN_THREAD_ROOTS_H

#include "scan/maps.h"
#include "scan/root_list.h"

/* Blocks of thread-local variables alone. */
void thread_roots_of_variables(struct roots *roots);

/* These, arguments, and values. */
void thread_roots_collect(struct roots *roots);

/* Stacks and what lies at their ends. After thread_roots_collect. */
void thread_roots_of_stacks(struct roots *roots, struct taken *taken, const struct maps *maps);

#endif
