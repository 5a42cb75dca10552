// SPDX-License-Identifier: MIT
/* The message of a finding for people. */
#ifndef DLPIN_ANALYZER_RENDER_MESSAGE_H
#define DLPIN_ANALYZER_RENDER_MESSAGE_H

#include "load/record.h"
#include "render/style.h"

/* Its cause, its consequence and its fix, a paragraph each, with indent in front; what an older
 * report has in one is one. */
void put_message(FILE *out, const struct style *style, const struct finding_record *data,
                 const char *indent);

#endif
