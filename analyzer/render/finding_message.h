// SPDX-License-Identifier: MIT
/* The message of a finding for people. */
#ifndef DLPIN_ANALYZER_RENDER_FINDING_MESSAGE_H
#define DLPIN_ANALYZER_RENDER_FINDING_MESSAGE_H

#include "load/record.h"
#include "render/style.h"

/* A sentence of the message: names are readable, and the place in a variable is by entry and field
 * where that is known. A new string. */
char *message_text(const struct finding_record *data, const char *sentence);
void put_sentence(FILE *out, const struct style *style, const struct finding_record *data,
                  const char *indent, const char *sentence);

/* Its cause, its consequence and its fix, a paragraph each, with indent in front; what an older
 * report has in one is one. */
void put_message(FILE *out, const struct style *style, const struct finding_record *data,
                 const char *indent);

#endif
