// SPDX-License-Identifier: MIT
/*
 * Text for people, onto a stream. Whatever comes from a report file or a file name loses its
 * hidden characters here; so nothing else in a renderer of text prints strings that are not its
 * own.
 */
#ifndef DLPIN_ANALYZER_PUT_H
#define DLPIN_ANALYZER_PUT_H

#include "model/model.h"

#include <stdio.h>

void put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_line(FILE *out, const char *text);

/* A frame in words, and the end of the line. */
void put_place(FILE *out, const struct process *process, const struct frame *frame);
/* The same of one of the functions at it, by number (load/frame.h). */
void put_place_of(FILE *out, const struct process *process, const struct frame *frame,
                  size_t number);

/* "s", unless it is one. */
const char *plural(int64_t count);

#endif
