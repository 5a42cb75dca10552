// SPDX-License-Identifier: MIT
/*
 * The memory that a thread which waits in a system call has given to the kernel: the word of a
 * futex, and buffers that the kernel writes to when the wait is over.
 *
 * The arguments come from /proc/self/task/TID/syscall (scan/stacks.h). Memory that the kernel only
 * reads, and has read when the wait begins, does not count.
 */
#ifndef DLPIN_SCAN_WAITS_H
#define DLPIN_SCAN_WAITS_H

#include "scan/stacks.h"

typedef bool wait_wanted(uintptr_t address, const void *data);

/* True, and *address: the thread has given an address that is wanted. Where the call has a list of
 * buffers, the list is read; memory that is not there is no mistake. */
bool wait_find(const struct thread_stack *at, wait_wanted *wanted, const void *data,
               uintptr_t *address);

/* True if the thread reads or writes the word itself when the wait is over. */
bool wait_is_futex(long call);

/* The name of a system call that wait_find knows; else "a system call". */
const char *wait_name(long call);

#endif
