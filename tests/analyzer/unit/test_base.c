// SPDX-License-Identifier: MIT
#include "base/memory.h"
#include "base/message.h"

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
