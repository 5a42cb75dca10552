// SPDX-License-Identifier: MIT
/*
 * Things that were found, each for as long as it is so; those of one signature are a group
 * (report/groups.h). What of it is public is in report/report.h.
 *
 * All of it is under the report lock.
 */
#ifndef DLPIN_REPORT_INSTANCES_H
#define DLPIN_REPORT_INSTANCES_H

#include "report/groups.h"

struct instance {
    UT_hash_handle hh;
    struct object object;
    struct group *group;
    struct member *member; /* of the group, or NULL */
    struct module *module; /* holds a reference */
    bool pending;
    bool late;       /* made after exit() began */
    bool counted;    /* by report_take_news, or by the parent */
    bool unsettled;  /* a word that is not where it was: it may have moved; */
    const char *how; /* else that became of it */
};

/* All, by object. */
extern struct instance *instances;

/* exit() began: what is not late stands. */
extern bool instances_exiting;

struct instance *instance_find_locked(const struct object *object);
void instance_remember_locked(const struct finding *finding, struct group *group);
void instance_resolve_locked(struct instance *instance, const char *how);

/* Its word is not at its place any more. `how`: the outcome if it is nowhere else. */
void instance_set_unsettled(struct instance *instance, bool unsettled, const char *how);

/* True if exit() has begun and the instance is from before: changes that exit() makes resolve
 * nothing. */
bool instance_stands(const struct instance *instance);

/* True if this is no new finding: a word that moved here, whose instance is at this place from now
 * on; or one more place of a word that is known. Takes the finding over then. */
bool instance_move_locked(struct finding *finding);

#endif
