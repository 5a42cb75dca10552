// SPDX-License-Identifier: MIT
#include "rules/message.h"

void message_free(struct message *message)
{
    text_free(&message->cause);
    text_free(&message->consequence);
    text_free(&message->fix);
}

static void add_part(struct text *text, const struct text *part)
{
    if (part->length == 0)
        return;
    if (text->length > 0)
        text_add(text, " ");
    text_add_n(text, part->data, part->length);
}

void message_join(struct text *text, const struct message *message)
{
    add_part(text, &message->cause);
    add_part(text, &message->consequence);
    add_part(text, &message->fix);
}
