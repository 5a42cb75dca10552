// SPDX-License-Identifier: MIT
#include "render/message.h"

#include "base/memory.h"

#include <stdlib.h>

void put_message(FILE *out, const struct style *style, const struct finding_record *data,
                 const char *indent)
{
    char *margin;

    if (data->cause == NULL || data->consequence == NULL || data->fix == NULL) {
        put_sentences(out, style, indent, data->message);
        return;
    }
    put_sentences(out, style, indent, data->cause);
    if (data->consequence[0] != '\0')
        put_sentences(out, style, indent, data->consequence);
    if (data->fix[0] == '\0')
        return;
    margin = memory_format("%sfix: ", indent);
    put_sentences(out, style, margin, data->fix);
    free(margin);
}
