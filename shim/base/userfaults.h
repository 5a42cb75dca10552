// SPDX-License-Identifier: MIT
/*
 * Memory that is brought by the program itself: with userfaultfd(2) the first use of a page can
 * wait until somebody has answered a message, which a thread that reads it, or waits for whoever
 * reads it, never does.
 *
 * What is known comes from calls that pass us: the descriptor is made by syscall(2) or ioctl(2),
 * and is of no use before an ioctl(2) has said which events it is for. Any thread, any phase, also
 * in signal handlers.
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

/* In a copy of the process, in which no memory is brought by anybody. */
void userfaults_forget(void);

#endif
