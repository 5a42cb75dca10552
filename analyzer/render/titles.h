// SPDX-License-Identifier: MIT
/* Titles of the places that a finding names, for people. */
#ifndef DLPIN_ANALYZER_TITLES_H
#define DLPIN_ANALYZER_TITLES_H

#include "model/model.h"

/* For the stack: "created at", or the better word for the kind. */
const char *stack_title(const struct finding_record *data);

/* For a frame in the subject: its role, or the better word for the kind. */
const char *point_title(const struct finding_record *data, const struct frame *point);

/* True for a trampoline without a name: nothing is to be learnt from its address. */
bool point_is_idle(const struct frame *point);

#endif
