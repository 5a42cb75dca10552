// SPDX-License-Identifier: MIT
#include "base/characters.h"

/* Unicode's categories Cc, Cf, Zl and Zp, what it calls default ignorable, and the two that are no
 * characters, of which XML has none. Sorted. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
    {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},
    {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool character_is_hidden(uint32_t character)
{
    size_t low = 0, high = sizeof hidden / sizeof hidden[0];

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (character > hidden[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof hidden / sizeof hidden[0] && character >= hidden[low].first;
}

/* The length that the first byte promises; 0 for a byte that cannot be the first. */
static size_t promised_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t character_read(const char *text, size_t size, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = promised_length(bytes[0]);
    uint32_t value = length > 1 ? bytes[0] & (0x7fu >> length) : bytes[0];

    *character = CHARACTER_INVALID;
    if (length == 0 || length > size)
        return 1;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 1;
    *character = value;
    return length;
}
