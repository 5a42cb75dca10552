// SPDX-License-Identifier: MIT
/*
 * Text that comes from a report file, for formats in which some characters mean something. Hidden
 * characters are replaced as in message.h; line ends stay where a format can hold them.
 */
#ifndef DLPIN_ANALYZER_ESCAPE_H
#define DLPIN_ANALYZER_ESCAPE_H

#include <stdio.h>

/* A printable copy with its line ends, to be freed; "?" for NULL. */
char *escape_printable(const char *text);

/* Ends the text after so many bytes, at a whole character, with "..." where that takes any away;
 * in place, and returns it. most is at least 3. */
char *escape_cut(char *text, size_t most);

/* Character data or an attribute's value of XML 1.0, and of HTML. */
void xml_put(FILE *out, const char *text);

/* A name in a line of Markdown: code, at most this many characters of it, without line ends.
 * Nothing in it is markup, the border of a cell, a link or a mention. */
void markdown_put_name(FILE *out, const char *name, size_t most);

#endif
