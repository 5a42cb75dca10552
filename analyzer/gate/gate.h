// SPDX-License-Identifier: MIT
/* --fail-on: which findings make a gate red. A crash is as bad as an error. */
#ifndef DLPIN_ANALYZER_GATE_H
#define DLPIN_ANALYZER_GATE_H

#include "model/model.h"

struct gate {
    enum severity from;     /* this severity and higher ones gate; SEVERITY_COUNT: none does */
    bool kinds[KIND_COUNT]; /* and these kinds whatever their severity */
};

/* What holds without --fail-on. */
struct gate gate_default(void);

/*
 * text is a list of severities and kinds, with commas: "warning", "key-destructor,thread-routine".
 * False, after a message, where one of the words is neither.
 */
bool gate_parse(struct gate *gate, const char *text);

bool gate_matches(const struct gate *gate, const struct group *group);
/* A crash at an unloaded module's address is what errors warn of: it gates where they do. */
bool gate_matches_crashes(const struct gate *gate);
size_t gate_count(const struct gate *gate, const struct model *model);

/* NULL where nothing fails the gate, else what does: "1 crash, 2 findings"; to be freed. */
char *gate_failure(const struct gate *gate, const struct model *model);

#endif
