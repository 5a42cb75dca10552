// SPDX-License-Identifier: MIT
/* The things that a group is about, where these are several: "members" of its findings. */
#ifndef DLPIN_ANALYZER_MEMBERS_H
#define DLPIN_ANALYZER_MEMBERS_H

#include "model/model.h"

/*
 * Members of all places that the group was merged from, each name once: an array of objects with
 * name, count and module, to be released; NULL where the group is about one thing. A handle that
 * was opened at a place of its own is a member like those that one place opened. *left_out says how
 * many are not listed.
 */
json_t *group_members(const struct group *group, int64_t *left_out);

#endif
