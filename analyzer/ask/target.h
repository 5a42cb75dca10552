// SPDX-License-Identifier: MIT
/*
 * A running process that is to be asked: whether libdlpin.so is in it and listens, and where it
 * reports, by what /proc says. Nothing is done to the process.
 */
#ifndef DLPIN_ANALYZER_TARGET_H
#define DLPIN_ANALYZER_TARGET_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/types.h>

struct target {
    pid_t pid;
    pid_t number; /* that it has by its own report: another one in a namespace of its own */
    int folder;   /* its folder in /proc, or -1: it stays that of this process when the number is
                     given to another one */
    int signal;   /* that it listens to */
    int file;     /* its report file, or -1: it has made none yet. Open, so that it stays when the
                     process ends; */
    char *report; /* a path that opens it once more, or NULL */
    int parents;  /* the file of a process that it was forked from, or -1: where it can make none of
                     its own, it appends to this one */
};

/* False, after a message that says why it cannot be asked. */
bool target_open(struct target *target, const char *pid);

/* Looks for the report file again, if it was not there. True: it is there. */
bool target_find_report(struct target *target);

/* The process was seen to report in its parent's file. */
void target_take_parents(struct target *target);

void target_close(struct target *target);

/* A file of its folder in /proc as a new string; NULL where it cannot be read or has no end. NULs
 * in it are kept. */
char *target_read(const struct target *target, const char *name, size_t *length);

/* A folder in that, to be closed; NULL where it cannot be read. */
DIR *target_list(const struct target *target, const char *name);

/* True: this still is the process that was opened. */
bool target_lives(const struct target *target);

/* The text after "name:" in such lines; NULL: there is no such line. */
const char *target_line(const char *text, const char *name);

/* True if the set of signals after "name:" of a status file has this one. */
bool target_has_signal(const char *status, const char *name, int number);

#endif
