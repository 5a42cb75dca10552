// SPDX-License-Identifier: MIT
/*
 * Notes reads of key values, in programs that mark tasks (dlpin.h). We do not export
 * pthread_getspecific and tss_get: programs without tasks read as without us. From the first task
 * on, the modules' pointers to them lead to ours.
 */
#ifndef DLPIN_INTERPOSE_TASKS_H
#define DLPIN_INTERPOSE_TASKS_H

/* A task begins: from now on reads are checked. Inside the guard. */
void tasks_watch(void);

/* The same in modules that came since the last call, if tasks are watched. Inside the guard. */
void tasks_watch_new_modules(void);

#endif
