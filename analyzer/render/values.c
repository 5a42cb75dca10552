// SPDX-License-Identifier: MIT
#include "render/values.h"

#include "base/characters.h"
#include "base/memory.h"
#include "load/frame.h"

#include <inttypes.h>
#include <stdlib.h>

json_t *text_value(const char *text)
{
    json_t *value = text != NULL ? json_string(text) : json_null();
    char *copy;

    if (value != NULL)
        return value;
    copy = memory_string(text);
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    value = json_string(copy);
    free(copy);
    return value;
}

json_t *copied_value(const json_t *value)
{
    return value != NULL ? json_deep_copy(value) : json_null();
}

json_t *known_integer(int64_t number)
{
    return number == RECORD_ABSENT ? json_null() : json_integer(number);
}

void set_member(json_t *object, const char *name, json_t *value)
{
    json_object_set_new_nocheck(object, name, value);
}

/*
 * Only strings hold other than ASCII characters, so that every hidden one can be written as an
 * escape: a document is read in terminals, too. jansson hands over whole characters.
 */
static int write_escaped(const char *text, size_t size, void *out)
{
    for (size_t at = 0, length; at < size; at += length) {
        uint32_t character;

        length = character_read(text + at, size - at, &character);
        if (character < 0x7f || character == CHARACTER_INVALID || !character_is_hidden(character))
            fwrite(text + at, 1, length, out);
        else if (character < 0x10000)
            fprintf(out, "\\u%04" PRIx32, character);
        else
            fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((character - 0x10000) >> 10),
                    0xdc00 + ((character - 0x10000) & 0x3ff));
    }
    return 0;
}

void put_json(FILE *out, const json_t *document)
{
    json_dump_callback(document, write_escaped, out, JSON_INDENT(2));
    fputc('\n', out);
}
