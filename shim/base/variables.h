// SPDX-License-Identifier: MIT
/*
 * The environment variables that bring the library into a program: LD_PRELOAD and DLPIN_OPTIONS.
 *
 * A program may start another one with an environment that lacks them. They are then put back
 * behind the last variable, followed by a mark, and the library in the new program removes them
 * before main: from the array that the kernel made, from `environ`, and, where the kernel allows
 * it, from /proc/self/environ. The loader takes the last LD_PRELOAD, so that a variable of this
 * name that the program made stays where it is.
 *
 * variables_start is called once, by one thread. The others change nothing and take no lock: any
 * thread, also in a child of vfork(2) and in a signal handler.
 */
#ifndef DLPIN_BASE_VARIABLES_H
#define DLPIN_BASE_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

/* Removes what was put back, if anything was. Idempotent. */
void variables_take(void);

/* Remembers the variables for programs that this one starts. `library`: the path of libdlpin.so.
 * Nothing is remembered, and so nothing ever put back, where LD_PRELOAD did not name it. */
void variables_start(const char *library);

bool variables_are_known(void);

/* The value of DLPIN_OPTIONS at the start, or NULL; valid as long as the process. */
const char *variables_options(void);

enum { VARIABLE_PRELOAD = 1 << 0, VARIABLE_OPTIONS = 1 << 1 };

/* The variables that the environment of another program lacks. */
unsigned variables_missing(char *const *environment);

/* How many bytes variables_put_back and variables_leave_out need. */
size_t variables_room(char *const *environment);

/* The environment with the missing variables, or without the library in LD_PRELOAD, in `room`,
 * which is aligned for pointers. The strings of the program are not copied but where one changes.
 */
char **variables_put_back(char *const *environment, unsigned missing, void *room);
char **variables_leave_out(char *const *environment, void *room);

#endif
