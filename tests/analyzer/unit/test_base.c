// SPDX-License-Identifier: MIT
#include "base/memory.h"
#include "base/message.h"

#include "base/characters.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(memory, an_array_keeps_what_was_pushed)
{
    int *items = NULL;
    size_t count = 0;

    for (int i = 0; i < 1000; i++)
        ARRAY_PUSH(items, count, i);
    cr_assert_eq(count, 1000);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(items[i], i);
    free(items);
}

Test(message, control_characters_are_replaced)
{
    char text[] = "a\033[31mb\tc\x7f\xc2\x9b"
                  "d";

    cr_assert_str_eq(message_printable(text), "a?[31mb?c??d");
}

Test(message, other_utf8_stays)
{
    char text[] = "gr\xc3\xbc\xc3\x9f \xe2\x86\x92 \xc2\xa0";
    char before[sizeof text];

    memcpy(before, text, sizeof text);
    cr_assert_str_eq(message_printable(text), before);
}

Test(message, a_cut_off_character_at_the_end_is_no_overrun)
{
    char text[] = "x\xc2";

    cr_assert_str_eq(message_printable(text), "x?");
}

Test(message, bytes_that_are_no_utf8_are_replaced)
{
    static const char *const pairs[][2] = {
        {"\x9b"
         "31m",
         "?31m"},
        {"\xc0\xaf", "??"},
        {"\xe2\x80", "??"},
        {"\xed\xa0\x80", "???"},
        {"\xf4\x90\x80\x80", "????"},
        {"\xf5\x80", "??"},
        {"\xe2\x80\xaex", "?x"},
        {"\xe2\x80\xa8", "?"},
        {"\xf3\xa0\x81\x81", "?"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[16];

        strcpy(text, pairs[i][0]);
        cr_assert_str_eq(message_printable(text), pairs[i][1], "%zu", i);
    }
}

Test(characters, the_table_has_its_edges)
{
    static const uint32_t is_hidden[] = {0,      0x1f,   0x7f,   0x9f,   0xad,    0x200b, 0x2028,
                                         0x202e, 0x2069, 0xfeff, 0xfffb, 0xe0000, 0xe0fff};
    static const uint32_t is_shown[] = {0x20,   0x7e,   0xa0,   0xac,   0xae,    0x2010,
                                        0x2027, 0x202f, 0x3000, 0xfffd, 0x1f600, 0x10ffff};

    for (size_t i = 0; i < sizeof is_hidden / sizeof *is_hidden; i++)
        cr_assert(character_is_hidden(is_hidden[i]), "%x", is_hidden[i]);
    for (size_t i = 0; i < sizeof is_shown / sizeof *is_shown; i++)
        cr_assert_not(character_is_hidden(is_shown[i]), "%x", is_shown[i]);
}
