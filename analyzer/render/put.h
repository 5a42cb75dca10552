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

/* The message of a finding, with readable names; one of several lines keeps its lines. */
void put_message(FILE *out, const char *message, const char *indent);

/* A frame in words, and the end of the line. */
void put_place(FILE *out, const struct process *process, const struct frame *frame);
/* The same of one of the functions at it, by number (load/frame.h). */
void put_place_of(FILE *out, const struct process *process, const struct frame *frame,
                  size_t number);
/* A title, and a numbered line for each function at the frames; nothing where there is none. */
void put_stack(FILE *out, const struct process *process, const char *title,
               const struct frame *frames, size_t count);

/* "s", unless it is one. */
const char *plural(int64_t count);

#endif
