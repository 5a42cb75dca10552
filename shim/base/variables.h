// SPDX-License-Identifier: MIT
/*
 * The environment variables that bring the library into a program: LD_PRELOAD and DLPIN_OPTIONS.
 *
 * A program may start another one with an environment that lacks them. They are then put back
 * after the last variable, followed by a mark, and the library in the new program removes them
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
#include <sys/types.h>

/* Removes what was put back, if anything was. Idempotent. */
void variables_take(void);

/* Remembers the variables for programs that this one starts. `library`: the path of libdlpin.so.
 * Nothing is remembered, and so nothing ever put back, where LD_PRELOAD did not name it. */
void variables_start(const char *library);

bool variables_are_known(void);

/* The value of DLPIN_OPTIONS at the start, or NULL; valid as long as the process. */
const char *variables_options(void);

enum { VARIABLE_PRELOAD = 1 << 0, VARIABLE_OPTIONS = 1 << 1 };

/*
 * An environment that the program made for another one. The program may have made it wrong, and
 * other threads may change it: it is only read through the kernel (sys_copy_memory).
 */
struct variables {
    char *const *environment;
    size_t count;
    const char
        *preload;     /* the program's LD_PRELOAD, of several the last, which the loader takes, */
    const char *list; /* and a copy of its value; NULL: there is none */
    unsigned missing;
    bool reports_elsewhere; /* its DLPIN_OPTIONS does not have our log_path */
    bool lists_libraries;   /* the loader is asked for that, as ldd(1) does, and no program runs */
};

/* `list` is for the copy. False: not all can be read, or LD_PRELOAD does not fit. */
bool variables_read(struct variables *variables, char *const *environment, char *list, size_t size);

/* How many bytes variables_put_back and variables_leave_out need. */
size_t variables_room(const struct variables *variables);

/* The environment with the missing variables, or without the library in LD_PRELOAD, in `room`,
 * which is aligned for pointers; NULL where it cannot be read any more. The strings of the program
 * are not copied but where one changes. */
char **variables_put_back(const struct variables *variables, void *room);
char **variables_leave_out(const struct variables *variables, void *room);

/* Returns how much of the kernel's room for arguments an array of the program and its texts take;
 * more than `most` where they take more, or cannot be read. */
size_t variables_bytes(char *const *array, size_t most);

/* Copies a text of the program. Returns its length, or -1 where it cannot be read or does not fit.
 */
ssize_t variables_copy_text(const char *from, char *to, size_t size);

#endif
