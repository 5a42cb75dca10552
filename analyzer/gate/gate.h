// SPDX-License-Identifier: MIT
/* --fail-on: which findings make a gate red. A crash is as bad as an error. */
#ifndef DLPIN_ANALYZER_GATE_H
#define DLPIN_ANALYZER_GATE_H

#include "model/model.h"

struct gate {
    enum severity from;     /* this severity and higher ones gate; SEVERITY_COUNT: none does */
    bool kinds[KIND_COUNT]; /* and these whatever their severity */
    bool verdicts[VERDICT_COUNT];
    bool growth;   /* and what each further load of a module adds to */
    bool own_only; /* --own-only: what is of third parties never does */
};

/* The gate without --fail-on. */
struct gate gate_default(void);

/*
 * text is a list of severities, kinds, verdicts and "growth", with commas: "warning",
 * "key-destructor,lost". False, after a message, where one of the words is none of these.
 */
bool gate_parse(struct gate *gate, const char *text);

/* The words of such a list by number; NULL after the last. */
const char *gate_word(size_t number);

bool gate_matches(const struct gate *gate, const struct group *group);
/* A crash at an unloaded module's address is what errors warn of: it gates where they do. */
bool gate_matches_crashes(const struct gate *gate);
size_t gate_count(const struct gate *gate, const struct model *model);

/* The number of findings that only --own-only keeps from failing the gate. */
size_t gate_count_spared(const struct gate *gate, const struct model *model);

/* NULL, or why the findings that it spared do not let it pass: then nothing could have failed it;
 * to be freed. */
char *gate_blindness(const struct gate *gate, const struct model *model);

/* NULL where nothing fails the gate, else the reasons: "1 crash, 2 findings"; to be freed. */
char *gate_failure(const struct gate *gate, const struct model *model);

#endif
