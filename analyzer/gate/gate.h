// SPDX-License-Identifier: MIT
/* --fail-on: which findings make a gate red. */
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
size_t gate_count(const struct gate *gate, const struct model *model);

#endif
