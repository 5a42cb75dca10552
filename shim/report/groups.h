// SPDX-License-Identifier: MIT
/*
 * Findings with one signature, which are one finding for the reader: how many there are, in which
 * loads, and what their next record and the text on standard error say.
 *
 * A group lives for the rest of the process. All of it is under the report lock.
 */
#ifndef DLPIN_REPORT_GROUPS_H
#define DLPIN_REPORT_GROUPS_H

#include "report/records.h"
#include "report/report.h"

struct group {
    UT_hash_handle hh;
    struct finding finding; /* the latest, for its next record */
    uint32_t id;            /* a new one each time that it is found again after it was resolved */
    enum occasion at;
    unsigned count, written_count;
    uint32_t loads[LOADS_MAX];
    unsigned load_count;
    unsigned skipped; /* how often it was kept from doing harm */
    bool resolved, shown, suppressed;
    bool reopened;                         /* that is how it was resolved, */
    unsigned count_reopened;               /* and so many there were then */
    struct member *members, **last_member; /* in the order in which they came */
    unsigned member_count;
    bool mixed;     /* of several modules: a load of one says nothing of the others */
    bool inherited; /* the parent's: it has reported it */
    struct message message;
    char *signature;
};

/* All, by signature. */
extern struct group *groups;

/* The group that a finding belongs to, made now if it is the first. NULL: no memory. */
struct group *group_of_locked(const struct finding *finding);

/* The group's next record reports `finding`, which the group takes over. */
void group_update_locked(struct group *group, struct finding *finding, enum occasion at);

/* Counts what the finding is about among the members. NULL: it is not listed. */
struct member *group_add_member(struct group *group, const struct finding *finding);

void group_add_load(struct group *group, uint32_t load);

/* Writes the group's message: that of `finding`. */
void group_explain(struct group *group, const struct finding *finding);

/* To the report file, and to standard error. */
void group_write_locked(struct group *group);
void group_show_locked(struct group *group);

#endif
