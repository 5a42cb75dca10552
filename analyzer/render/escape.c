// SPDX-License-Identifier: MIT
#include "render/escape.h"

#include "base/characters.h"
#include "base/memory.h"
#include "base/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *escape_printable(const char *text)
{
    char *copy = memory_string(text != NULL ? text : "?"), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        message_printable(line);
        if (rest != NULL)
            rest[-1] = '\n';
    }
    return copy;
}

char *escape_cut(char *text, size_t most)
{
    if (strlen(text) <= most)
        return text;
    most -= 3;
    while (most > 0 && (text[most] & 0xc0) == 0x80)
        most--;
    memcpy(text + most, "...", sizeof "...");
    return text;
}

static const char *xml_entity(uint32_t character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case 0xfffe: /* these two are no characters of XML */
    case 0xffff:
        return "?";
    default:
        return NULL;
    }
}

void xml_put(FILE *out, const char *text)
{
    char *copy = escape_printable(text);
    size_t size = strlen(copy);

    for (size_t at = 0, length; at < size; at += length) {
        const char *entity;
        uint32_t character;

        length = character_read(copy + at, size - at, &character);
        entity = xml_entity(character);
        if (entity != NULL)
            fputs(entity, out);
        else
            fwrite(copy + at, 1, length, out);
    }
    free(copy);
}
