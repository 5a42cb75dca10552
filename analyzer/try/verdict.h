// SPDX-License-Identifier: MIT
/*
 * The verdict on each library, from the ends of its processes and from what is in their reports.
 *
 * A finding speaks against the module that it is about. Where that is not the library itself but
 * another one that came with it, that one has a line of its own, once, and the libraries that
 * brought it have none for this.
 */
#ifndef DLPIN_ANALYZER_VERDICT_H
#define DLPIN_ANALYZER_VERDICT_H

#include "gate/gate.h"
#include "model/model.h"
#include "try/trial.h"

/* The worst one comes last. */
enum outcome {
    OUTCOME_CLEAN,
    OUTCOME_UNLOADABLE,
    OUTCOME_LEAVES,
    OUTCOME_PINNED,
    OUTCOME_GROWS,
    OUTCOME_DANGLES,
    OUTCOME_COUNT
};

/* "cannot be loaded" */
const char *outcome_name(enum outcome outcome);

struct row_group {
    const struct group *group;
    bool growing; /* three further loads of this module added as much again */
};

struct verdict_row {
    char *name;
    enum outcome outcome;
    char *what;          /* why; may be empty */
    bool cut_short;      /* a process was loaded, and did not come to its end */
    bool seen, unloaded; /* in at least one of its processes */
    bool printed;        /* something */
    bool crashed;        /* with a crash record */
    bool fails;          /* the gate */
    const char *module;  /* path by which findings name it, or what dlopen was given */
    size_t users;        /* of another module: the libraries that brought it */
    size_t last_user;    /* number of the trial that was counted last, plus one */
    struct row_group *groups;
    size_t group_count;
};

struct verdicts {
    struct verdict_row *rows; /* of the libraries in their order, then of other modules */
    size_t count, library_count;
    size_t outcomes[OUTCOME_COUNT]; /* rows of each */
};

/* The gate without --fail-on. */
struct gate verdict_gate(bool own_only);

/*
 * The model has signatures and exceptions applied. directory is that of pool_plan. gate is the
 * user's, or NULL for the usual one: a library that dangles, or grows with each load, or of which a
 * process did not come to its end; with own_only the findings of third parties do not count there.
 */
void verdicts_make(struct verdicts *verdicts, const struct trials *trials,
                   const struct try_plan *plan, const struct model *model, const char *directory,
                   const struct gate *gate, bool own_only);
size_t verdicts_failing(const struct verdicts *verdicts);
void verdicts_clear(struct verdicts *verdicts);

#endif
