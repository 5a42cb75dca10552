// SPDX-License-Identifier: MIT
/*
 * Tasks: units of work of threads that serve many (dlpin.h). A thread that never began a task has
 * none of this.
 *
 * All of it is the calling thread's own, and is used by that thread alone, inside the guard; others
 * may only read `last`, under the registry lock.
 */
#ifndef DLPIN_REGISTRY_TASKS_H
#define DLPIN_REGISTRY_TASKS_H

#include "registry/task_values.h"

/* True if the next task_begin makes it final what the last task of this thread left. */
bool task_begin_decides(void);

/* A task of the calling thread begins. */
void task_begin(const char *name);

/* The task ends. True: it was the outermost, which is still `current` until task_over. */
bool task_ends(void);
void task_over(void);

#endif
