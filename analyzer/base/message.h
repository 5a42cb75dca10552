// SPDX-License-Identifier: MIT
/*
 * Messages of dlpin itself, on standard error, a line each. They begin with "dlpin run: ", or with
 * "dlpin: " as long as no command is known. In all text that comes from a report file or a file
 * name and is shown to people, invisible characters (characters.h) are replaced, so that no file
 * can send escape sequences to a terminal or look like another one.
 */
#ifndef DLPIN_ANALYZER_MESSAGE_H
#define DLPIN_ANALYZER_MESSAGE_H

/* The command that speaks from now on; name is borrowed. */
void message_command(const char *name);

void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Likewise, of a wrong command line: the line ends with where to read on. */
void message_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Replaces every hidden character of text, and every byte that is not UTF-8, by '?', in place, and
 * returns text. */
char *message_printable(char *text);

#endif
