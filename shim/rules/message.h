// SPDX-License-Identifier: MIT
/*
 * A finding's message: three parts, a sentence each.
 *
 * Rules write the parts without their full stops; rules_explain adds these. A text that could not
 * grow is cut short: the finding is reported all the same.
 */
#ifndef DLPIN_RULES_MESSAGE_H
#define DLPIN_RULES_MESSAGE_H

#include "base/text.h"

struct message {
    struct text cause;       /* which object is left, of which module; */
    struct text consequence; /* what follows from that; */
    struct text fix;         /* which call is missing, and where it belongs */
};

void message_free(struct message *message);

/* The parts, one after the other. */
void message_join(struct text *text, const struct message *message);

#endif
