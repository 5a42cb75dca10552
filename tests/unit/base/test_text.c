// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "support.h"

#include <string.h>

static struct text text;

static void start(void)
{
    text_free(&text);
}

Test(text, grows)
{
    start();
    for (int i = 0; i < 100000; i++)
        text_add(&text, "abc");
    cr_assert_eq(text.length, 300000);
    cr_assert_eq(strlen(text.data), 300000);
    cr_assert_not(text.failed);
}

Test(text, printf)
{
    start();
    text_printf(&text, "%s %d %u %lu %zu %lx %c%% %ld", "s", -5, 7u, 8ul, (size_t)9, 0xabcul, 'c',
                (long)INT64_MIN);
    cr_assert_str_eq(text.data, "s -5 7 8 9 0xabc c% -9223372036854775808");
    start();
    const char *volatile nothing = NULL;
    text_printf(&text, "%s", nothing);
    cr_assert_str_eq(text.data, "?");
    start();
    text_add_uint(&text, UINT64_MAX);
    text_add_hex(&text, UINT64_MAX);
    text_add_hex(&text, 0);
    cr_assert_str_eq(text.data, "184467440737095516150xffffffffffffffff0x0");
}

Test(text, a_failed_one_ignores_what_comes)
{
    struct text failed = {.failed = true};
    text_add(&failed, "x");
    text_add_json(&failed, "x");
    text_printf(&failed, "%d", 1);
    cr_assert_eq(failed.length, 0);
    cr_assert_str_empty(text_string(&failed));
}

static const char *json(const char *string)
{
    start();
    text_add_json(&text, string);
    return text.data;
}

Test(json, escapes)
{
    cr_assert_str_eq(json(NULL), "null");
    cr_assert_str_eq(json(""), "\"\"");
    cr_assert_str_eq(json("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    cr_assert_str_eq(json("\x01\n\t\x1f\x7f"), "\"\\u0001\\u000a\\u0009\\u001f\\u007f\"");
}

Test(json, utf8_stays)
{
    const char *const good[] = {"\xc3\xbc",         "\xe2\x86\x92", "\xf0\x9f\x98\x80",
                                "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80",
                                "\xc2\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *out = json(good[i]);
        cr_assert_eq(strlen(out), strlen(good[i]) + 2);
        cr_assert_eq(memcmp(out + 1, good[i], strlen(good[i])), 0);
    }
}

Test(json, bytes_that_are_not_utf8_are_replaced_one_by_one)
{
    cr_assert_str_eq(json("\x80"), "\"\\ufffd\"");
    cr_assert_str_eq(json("\xff\xfe"), "\"\\ufffd\\ufffd\"");
    cr_assert_str_eq(json("\xc0\xaf"), "\"\\ufffd\\ufffd\"", "overlong");
    cr_assert_str_eq(json("\xe0\x80\xaf"), "\"\\ufffd\\ufffd\\ufffd\"", "overlong");
    cr_assert_str_eq(json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"", "surrogate");
    cr_assert_str_eq(json("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", "beyond");
    cr_assert_str_eq(json("\xc3"), "\"\\ufffd\"", "cut off");
    cr_assert_str_eq(json("\xe2\x86"), "\"\\ufffd\\ufffd\"", "cut off");
    cr_assert_str_eq(json("\xc3\x22"), "\"\\ufffd\\\"\"", "the quote stays escaped");
}

Test(json, any_bytes_can_be_parsed_again)
{
    unsigned state = 7;
    for (int round = 0; round < 20000; round++) {
        char bytes[24];
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            state = state * 1103515245 + 12345;
            bytes[i] = (char)(state >> 16 | (round & 1 ? 0x80 : 0));
        }
        bytes[sizeof bytes - 1] = '\0';
        json_t *value = json_loads(json(bytes), JSON_DECODE_ANY, NULL);
        cr_assert(json_is_string(value), "%s", text.data);
        json_decref(value);
    }
}
