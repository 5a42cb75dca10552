// SPDX-License-Identifier: MIT
#include "mutate.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 6, GROWTH = 512 };

/* xorshift64* */
size_t mutate_random(size_t bound)
{
    static uint64_t state = 20240501;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return bound ? (size_t)((state * 2685821657736338717u) >> 16) % bound : 0;
}

void mutate_bytes(unsigned char *data, size_t size)
{
    static const unsigned char interesting[] = {0, 1, 4, 0x7f, 0x80, 0xff};
    for (size_t left = 1 + mutate_random(CHANGES_MAX); left > 0; left--)
        data[mutate_random(size)] = mutate_random(2)
                                        ? interesting[mutate_random(sizeof interesting)]
                                        : (unsigned char)mutate_random(256);
}

static size_t change(char *text, size_t size)
{
    static const char interesting[] = "- \n0fxrwps[]()\\\xff\t";
    size_t at = mutate_random(size + 1), length = mutate_random(GROWTH / CHANGES_MAX);
    length = length < size - at ? length : size - at;
    switch (mutate_random(5)) {
    case 0:
        memmove(text + at, text + at + length, size - at - length);
        return size - length;
    case 1:
        memmove(text + at + length, text + at, size - at);
        return size + length;
    case 2:
        return mutate_random(8) ? size : at;
    default:
        if (at < size)
            text[at] = mutate_random(2) ? interesting[mutate_random(sizeof interesting - 1)]
                                        : (char)(1 + mutate_random(255));
        return size;
    }
}

char *mutate_text(const char *text)
{
    size_t size = strlen(text);
    char *changed = malloc(size + GROWTH);
    cr_assert_not_null(changed);
    memcpy(changed, text, size + 1);
    for (size_t left = 1 + mutate_random(CHANGES_MAX - 1); left > 0; left--)
        size = change(changed, size);
    char *result = strndup(changed, size);
    cr_assert_not_null(result);
    free(changed);
    return result;
}
