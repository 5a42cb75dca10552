// SPDX-License-Identifier: MIT
/*
 * Memory that the program itself supplies: with userfaultfd(2) the first use of a page can wait
 * until a thread has answered a message. If this thread itself uses the page, or waits for a thread
 * that does, it never answers.
 *
 * We know of it from calls that pass us: syscall(2) or ioctl(2) makes the descriptor, which is of
 * no use before an ioctl(2) has set its features. Any thread, any phase, also in signal handlers.
 */
#ifndef DLPIN_BASE_USERFAULTS_H
#define DLPIN_BASE_USERFAULTS_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor is about to be made, or to be told its features. */
void userfaults_note_made(void);
void userfaults_note_features(uint64_t features);

/* Reading memory may wait for the program. */
bool userfaults_are_possible(void);

/* So may a fork; also where a descriptor's features were not seen: another process may have it. */
bool userfaults_may_stop_forks(void);

/* In a copy of the process, in which nobody supplies memory. */
void userfaults_forget(void);

#endif
