// SPDX-License-Identifier: MIT
#include "render/escape.h"

#include "base/characters.h"
#include "base/memory.h"
#include "base/message.h"

#include <ctype.h>
#include <inttypes.h>
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

/* A character that is written as a number is never markup. */
void markdown_put_name(FILE *out, const char *name, size_t most)
{
    char *copy = message_printable(memory_string(name != NULL ? name : "?"));
    size_t size = strlen(copy), at = 0;

    fputs("<code>", out);
    for (size_t length; at < size && most > 0; at += length, most--) {
        uint32_t character;

        length = character_read(copy + at, size - at, &character);
        if (character < 0x80 && ispunct((int)character))
            fprintf(out, "&#%" PRIu32 ";", character);
        else
            fwrite(copy + at, 1, length, out);
    }
    fputs(at < size ? "...</code>" : "</code>", out);
    free(copy);
}
