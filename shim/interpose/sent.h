// SPDX-License-Identifier: MIT
#ifndef DLPIN_INTERPOSE_SENT_H
#define DLPIN_INTERPOSE_SENT_H

#include <sys/types.h>

/* The program is about to send a signal by a system call of its own: to whatever kill(2) sends to
 * for `pid`; to one of its threads. Outside of the guard. */
void note_sent_to_process(pid_t pid, int number);
void note_sent_to_thread(pid_t tid, int number);

#endif
