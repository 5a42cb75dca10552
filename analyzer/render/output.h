// SPDX-License-Identifier: MIT
/*
 * The outputs of a report: any number, each with its format.
 *
 * outputs_open() makes the files early, so that a bad path is known before a long run and not after
 * it. A report file of a process is never overwritten, and no file is written twice.
 * outputs_write() renders to all and closes them; outputs_clear() gives everything back at any
 * time. Functions that return bool say false after a message.
 */
#ifndef DLPIN_ANALYZER_OUTPUT_H
#define DLPIN_ANALYZER_OUTPUT_H

#include "base/file_ids.h"
#include "render/report.h"

struct format {
    const char *name;
    renderer *render;
};

struct output {
    const struct format *format;
    const char *path; /* borrowed; "-": the standard output */
    FILE *stream;
};

struct outputs {
    struct output *items;
    size_t count;
    struct file_ids files; /* regular ones that are open */
};

/* The format without --format; and that of dlpin leaks, with a summary of loads in front. */
extern const struct format format_default, format_leaks;

/* NULL, after a message, for a format that this version does not have. */
const struct format *format_find(const char *name);

/* The names of all formats by number; NULL after the last. */
const char *format_name(size_t number);

/* Both name their file by its path; FORMAT:FILE is what --report= takes. */
void outputs_add(struct outputs *outputs, const struct format *format, const char *path);
bool outputs_add_argument(struct outputs *outputs, const char *argument);

/* An output to a stream that is open already, and stays so. */
void outputs_add_stream(struct outputs *outputs, const struct format *format, FILE *stream);

bool outputs_open(struct outputs *outputs);
bool outputs_write(struct outputs *outputs, const struct report *report);
void outputs_clear(struct outputs *outputs);

#endif
