// SPDX-License-Identifier: MIT
/* How text for people is laid out. */
#ifndef DLPIN_ANALYZER_STYLE_H
#define DLPIN_ANALYZER_STYLE_H

#include <stdbool.h>
#include <stdio.h>

struct style {
    bool color;
    bool verbose;   /* nothing is folded */
    unsigned width; /* columns at which sentences are wrapped; 0: they are not */
};

/* Colour and columns as `out` is: those of a terminal, or of COLUMNS, or 100. */
struct style style_of(FILE *out, bool color, bool verbose);

/* Sentences, wrapped between words: indent is in front of the first line, and as many blanks in
 * front of the others. Hidden characters are replaced. A word is never broken. */
void put_wrapped(FILE *out, const struct style *style, const char *indent, const char *text);

/* Likewise, with mangled names made readable; each line of several is wrapped by itself. */
void put_sentences(FILE *out, const struct style *style, const char *indent, const char *text);

/* The columns that text takes. */
unsigned style_columns(const char *text);

/* Cuts text in front of the character that has the byte at `length`. True: there was more. */
bool style_cut(char *text, size_t length);

#endif
