// SPDX-License-Identifier: MIT
/* Parts of a text that somebody else owns, for the files that users write. No locks, no memory. */
#ifndef DLPIN_BASE_SPAN_H
#define DLPIN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *start, *end;
};

static inline struct span span_of(const char *string)
{
    return (struct span){string, string + strlen(string)};
}

static inline size_t span_length(struct span text)
{
    return (size_t)(text.end - text.start);
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline bool span_begins(struct span text, const char *word)
{
    size_t length = strlen(word);
    return span_length(text) >= length && !memcmp(text.start, word, length);
}

static inline bool span_is(struct span text, const char *word)
{
    return span_length(text) == strlen(word) && span_begins(text, word);
}

static inline struct span span_trim(struct span text)
{
    while (text.start < text.end && is_blank(*text.start))
        text.start++;
    while (text.start < text.end && is_blank(text.end[-1]))
        text.end--;
    return text;
}

/* Where `wanted` is; NULL: the text does not have it. */
static inline const char *span_find(struct span text, char wanted)
{
    while (text.start < text.end && *text.start != wanted)
        text.start++;
    return text.start < text.end ? text.start : NULL;
}

/* Takes what comes before the next `separator` off the text, which moves after it. */
static inline struct span span_take(struct span *text, char separator)
{
    const char *end = span_find(*text, separator);
    struct span part = {text->start, end ? end : text->end};
    text->start = end ? end + 1 : text->end;
    return part;
}

#endif
