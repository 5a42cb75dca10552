// SPDX-License-Identifier: MIT
/*
 * Starts the program and waits for it.
 *
 * The program gets signal dispositions, mask and standard descriptors as this process got them.
 * While it runs, this process ignores the keyboard's signals, which the program gets from the
 * terminal itself, and passes on SIGTERM and SIGHUP that somebody sends to it.
 */
#ifndef DLPIN_ANALYZER_CHILD_H
#define DLPIN_ANALYZER_CHILD_H

#include <sys/types.h>

struct child_plan {
    char **argv;         /* for execvp(), NULL at its end */
    const char *file;    /* the ELF file of argv[0], which no shell may read; NULL: it is none */
    const char *preload; /* LD_PRELOAD for it; NULL: as it is */
    const char *options; /* DLPIN_OPTIONS for it, to which log_root=<its pid> is added */
};

struct child_end {
    pid_t pid;
    int status;     /* as waitpid() gives it */
    int exec_error; /* errno of execvp() where the program could not be started, else 0 */
};

/* 0, or a negative errno where nothing was started and nothing is left to wait for. */
int child_run(const struct child_plan *plan, struct child_end *end);

/* Dies of the signal, without a core file: that one belongs to the program. */
void child_repeat_signal(int number) __attribute__((noreturn));

#endif
