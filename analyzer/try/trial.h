// SPDX-License-Identifier: MIT
/*
 * `dlpin try`, from the libraries to the ends of their processes. A trial is one library; each of
 * its attempts is one process, in one mode. pool.h runs them, verdict.h judges them with the report
 * files that they left.
 */
#ifndef DLPIN_ANALYZER_TRIAL_H
#define DLPIN_ANALYZER_TRIAL_H

#include "try/reached.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Which thread loads, and which one unloads. */
enum try_mode { TRY_MAIN, TRY_THREAD, TRY_CROSS, TRY_MODE_COUNT };

const char *try_mode_name(enum try_mode mode);
/* By number; NULL after the last. */
const char *try_mode_word(size_t number);

/* The part of the command line that is about trying. */
struct try_plan {
    long loads, jobs, seconds;
    int only;           /* the one mode, or -1 */
    const char *driver; /* the user's own, or NULL */
    char **words;       /* for our driver; owned, without a NULL at the end */
    size_t word_count;
};

struct try_plan try_plan_default(void);
/* Adds "name=word" for each word of a list with commas. */
void try_plan_add(struct try_plan *plan, const char *name, const char *list);
/* Adds the words of a list as they are; false where known() has one of them not. */
bool try_plan_add_words(struct try_plan *plan, const char *list, const char *(*known)(size_t));
/* Adds a library that is to be held open. */
void try_plan_hold(struct try_plan *plan, const char *library);
void try_plan_clear(struct try_plan *plan);

struct attempt {
    bool made;
    char *folder; /* of its report files */
    int status;   /* as waitpid() gives it */
    int error;    /* errno where no process could be started, or the driver not */
    bool hung;    /* killed by the time limit */
    struct reached progress;
    char *printed; /* the beginning of it, or NULL */
    size_t printed_bytes;
};

struct trial {
    char *name; /* as it was given */
    char *path; /* for dlopen: absolute, or a name that is looked up */
    dev_t device;
    ino_t inode; /* 0: no file is known */
    struct attempt attempts[TRY_MODE_COUNT];
};

struct trials {
    struct trial *items;
    size_t count;
};

/*
 * Adds what an argument stands for: a library, the shared objects of a directory, or with "-" the
 * lines of the standard input. A file comes once, by whatever names it has. False, after a message,
 * where there is nothing to read.
 */
bool trials_add(struct trials *trials, const char *argument);
void trials_clear(struct trials *trials);

#endif
