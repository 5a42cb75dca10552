// SPDX-License-Identifier: MIT
/*
 * Report files and directories of them into records.
 *
 * load_inputs() reads every input in order and hands each good record to the sink, which takes it
 * over. Whatever is wrong is said on standard error with file and line, and counted; it never ends
 * the reading of the other files, let alone the process.
 */
#ifndef DLPIN_ANALYZER_LOAD_H
#define DLPIN_ANALYZER_LOAD_H

#include "base/file_ids.h"
#include "load/record.h"

#include <stddef.h>

struct record_sink {
    void *context;
    void (*file)(void *context, const char *path); /* the records that follow are of this file */
    /* Takes the record over. NULL, or why it contradicts an earlier one: a new string. */
    char *(*record)(void *context, struct record *record);
};

struct load_counts {
    size_t files;      /* from which at least one record came */
    size_t records;    /* of all types, unknown ones included */
    size_t damaged;    /* lines that are no records: named, skipped */
    size_t flawed;     /* records of which a damaged part was left out: named */
    size_t conflicts;  /* records that have the id of another thing: named */
    size_t empty;      /* files of no bytes */
    size_t unreadable; /* could not be opened or read, are no report files, or of a newer version */
};

/* A directory stands for the report files in it, not for those in its own subdirectories. Files in
 * it that are `written` are passed over. */
void load_inputs(const char *const *paths, size_t count, const struct file_ids *written,
                 const struct record_sink *sink, struct load_counts *counts);

/* True where the file begins with the header of a report file. Says nothing. */
bool load_is_report(const char *path);

/* Reads the record again whose line begins there. NULL where the file can no longer be read, or
 * holds no record there. */
struct record *load_again(const char *path, int64_t offset);

/* Reads one file: a regular one, as long as it is when it is opened, or a pipe that is open
 * already, such as /dev/stdin. Nothing else is opened. */
void load_file(const char *path, const struct record_sink *sink, struct load_counts *counts);

#endif
