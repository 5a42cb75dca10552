// SPDX-License-Identifier: MIT
#ifndef DLPIN_INTERPOSE_EXIT_GROUP_H
#define DLPIN_INTERPOSE_EXIT_GROUP_H

/* The program makes the system call exit_group(2) itself. Outside of the guard. */
void note_exit_group(int status);

#endif
