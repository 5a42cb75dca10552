// SPDX-License-Identifier: MIT
/*
 * A copy-on-write copy of this process in which work runs while the program goes on. One at a time;
 * under the check lock, inside the guard.
 *
 * Made by a bare clone(2) with no exit signal: no fork handler runs, no SIGCHLD comes, and wait(2)
 * and its kin do not see it unless they are asked for with __WALL or __WCLONE. It shares the table
 * of descriptors, and opens and closes none: a copy of the table would keep pipes and locks of the
 * program open. (A copy that has to open files gets its own table, and closes all of it first.) All
 * signals but one are blocked in it, so that none that is sent to the process group runs a handler
 * of the program a second time; a fault ends it, without a core file. It ends with its parent,
 * whose end that one signal reports, and outlives the thread that began it.
 *
 * What remains to be seen of it: lists of processes, RUSAGE_CHILDREN, a debugger that follows
 * forks, and the cost of copied pages to threads that write while it lives.
 */
#ifndef DLPIN_SCAN_COPY_H
#define DLPIN_SCAN_COPY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory in which the work leaves what it found; NULL: there is none. */
void *copy_share(size_t size);
void copy_unshare(void *p, size_t size);

/* False where there is a seccomp filter: it might kill the program for a clone. And where a clone
 * waits until the program has read a message of it (base/userfaults.h). */
bool copy_is_possible(void);

/* Whose descriptors the copy has. Its own ones are closed at once. */
enum copy_files { COPY_SHARES_FILES, COPY_OWN_FILES };

/* 0, or a negative errno: -EBUSY, -EAGAIN (no more processes), … `ended` is in shared memory, which
 * stays until the end was reported. */
int copy_start(enum copy_files files, void (*work)(void *data), void *data,
               _Atomic uint32_t *ended);

enum copy_state { COPY_NONE, COPY_RUNNING, COPY_DONE, COPY_DIED };

/* DONE and DIED are reported once. copy_wait waits at most so long. */
enum copy_state copy_poll(void);
enum copy_state copy_wait(uint64_t nanoseconds);

/* In a large process a copy that is done takes time to exit: it is left then, and reaped at the
 * next opportunity. */
bool copy_is_left(void);
void copy_tidy(void);

/* Ends it, and leaves no zombie behind: an exec would hand that to the new image. */
void copy_kill(void);

/* In a fork child: the copy is the parent's. */
void copy_fork_child(void);

#endif
