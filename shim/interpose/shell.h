// SPDX-License-Identifier: MIT
/* Shells that the C library starts, past our interposers, with `environ`. */
#ifndef DLPIN_INTERPOSE_SHELL_H
#define DLPIN_INTERPOSE_SHELL_H

/* A shell that runs this command is started; it is not followed where `environ` has not what brings
 * the library into it. NULL: none is. */
void shell_note(const char *command);

#endif
