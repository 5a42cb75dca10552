// SPDX-License-Identifier: MIT
#include "symbolize/build_id.h"

#include "symbolize/notes.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct comparison {
    const char *expected;
    bool has_any, has_expected;
};

static bool is_expected(const char *expected, const unsigned char *id, size_t size)
{
    if (size == 0 || strlen(expected) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        char digits[3];

        snprintf(digits, sizeof digits, "%02x", id[i]);
        if (strncasecmp(digits, expected + 2 * i, 2) != 0)
            return false;
    }
    return true;
}

static void take_note(void *context, const struct note *note)
{
    struct comparison *comparison = context;

    if (note->type != NT_GNU_BUILD_ID || note->name_size != sizeof ELF_NOTE_GNU ||
        memcmp(note->name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) != 0 || note->size == 0)
        return;
    comparison->has_any = true;
    comparison->has_expected |= is_expected(comparison->expected, note->data, note->size);
}

enum build_id build_id_compare(int descriptor, const char *expected)
{
    struct comparison comparison = {.expected = expected};

    if (!notes_read(descriptor, take_note, &comparison))
        return BUILD_ID_NO_ELF;
    if (comparison.has_expected)
        return BUILD_ID_SAME;
    return comparison.has_any ? BUILD_ID_OTHER : BUILD_ID_NONE;
}
