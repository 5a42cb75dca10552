// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "base/arena.h"

#include <stdarg.h>
#include <string.h>

void text_free(struct text *text)
{
    arena_free(text->data, text->capacity);
    *text = (struct text){0};
}

static bool reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    size_t need = text->length + more + 1;
    if (need <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 512;
    while (capacity < need)
        capacity *= 2;
    char *data = arena_alloc(capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    if (text->data)
        memcpy(data, text->data, text->length);
    arena_free(text->data, text->capacity);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_add_n(struct text *text, const char *s, size_t n)
{
    if (!reserve(text, n))
        return;
    memcpy(text->data + text->length, s, n);
    text->length += n;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *s)
{
    text_add_n(text, s, strlen(s));
}

/* Inlined: the compiler then knows the base, and divides without a division. */
static inline void add_number(struct text *text, uint64_t n, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    text_add_n(text, digits + at, sizeof digits - at);
}

void text_add_uint(struct text *text, uint64_t n)
{
    add_number(text, n, 10);
}

void text_add_hex(struct text *text, uint64_t n)
{
    text_add(text, "0x");
    add_number(text, n, 16);
}

static void add_int(struct text *text, long n)
{
    if (n < 0)
        text_add(text, "-");
    text_add_uint(text, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* Writes one conversion; `at` is after its '%'. Returns its last character. */
static const char *convert(struct text *text, const char *at, va_list *args)
{
    bool wide = *at == 'l' || *at == 'z';
    if (wide)
        at++;
    switch (*at) {
    case 's': {
        const char *s = va_arg(*args, const char *);
        text_add(text, s ? s : "?");
        break;
    }
    case 'c': {
        char c = (char)va_arg(*args, int);
        text_add_n(text, &c, 1);
        break;
    }
    case 'd':
        add_int(text, wide ? va_arg(*args, long) : va_arg(*args, int));
        break;
    case 'u':
        text_add_uint(text, wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned));
        break;
    case 'x':
        text_add_hex(text, wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned));
        break;
    default:
        text_add_n(text, at, 1);
    }
    return at;
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    for (const char *at = format; *at; at++) {
        size_t plain = strcspn(at, "%");
        text_add_n(text, at, plain);
        at += plain;
        if (!*at)
            break;
        if (at[1] == '\0')
            break;
        at = convert(text, at + 1, &args);
    }
    va_end(args);
}

/* Length of the well-formed UTF-8 sequence at s (RFC 3629), or 0. */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || outside ? 0 : n;
}

/* Most strings are of such characters alone. */
static size_t plain_length(const unsigned char *s)
{
    size_t n = 0;
    while (s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

void text_add_json(struct text *text, const char *string)
{
    if (!string) {
        text_add(text, "null");
        return;
    }
    text_add(text, "\"");
    for (const unsigned char *s = (const unsigned char *)string; *s;) {
        size_t n = plain_length(s);
        text_add_n(text, (const char *)s, n);
        s += n;
        if (!*s)
            break;
        n = utf8_length(s);
        if (n == 0) {
            text_add(text, "\\ufffd");
            n = 1;
        } else if (*s == '"' || *s == '\\') {
            text_printf(text, "\\%c", *s);
        } else if (*s < 0x20 || *s == 0x7f) {
            char escape[] = {
                '\\', 'u', '0', '0', "0123456789abcdef"[*s >> 4], "0123456789abcdef"[*s & 15]};
            text_add_n(text, escape, sizeof escape);
        } else {
            text_add_n(text, (const char *)s, n);
        }
        s += n;
    }
    text_add(text, "\"");
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}
