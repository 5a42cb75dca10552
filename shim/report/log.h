// SPDX-License-Identifier: MIT
/*
 * Where records and lines go: the report file, which is made when there is a first thing to write,
 * and standard error. What cannot be written is dropped and counted.
 *
 * Functions that end in _locked, and log_write, are called under the report lock.
 */
#ifndef DLPIN_REPORT_LOG_H
#define DLPIN_REPORT_LOG_H

#include "base/text.h"
#include "modules/modules.h"

/* Once, after the options are known. `raw_options` is the environment variable as it was. */
void log_init(const char *raw_options);

/* The folder that report files go into; NULL where there are none, or it is not known for sure. */
const char *log_folder(void);

/* Nanoseconds since the start: a record's "time". */
uint64_t log_now(void);

/* Makes the file if that was not tried yet, and writes its header and all modules that are known.
 * True: there is a file to write to. */
bool log_open_locked(void);

/* True if that was tried; without a lock. */
bool log_was_opened(void);

/* True if this process gets a file even if it has nothing to say (log_empty, log_root). */
bool log_is_wanted_empty(void);

/* Writes the record and releases it. */
void log_write(struct text *record);

/* The module's state changed, as loads_note was told. Its record, if it gets one, is kept until
 * log_flush_locked, or until the next record of any other kind at the latest: whoever is named in a
 * record comes before it. */
void log_write_module(struct module *module);

/* The same for a module that is named in a record from elsewhere. */
void log_list_named(uint32_t module);

/* Writes records of all modules that are mapped and have none yet. */
void log_list_mapped_locked(void);

/* Writes what was held back. */
void log_flush_locked(void);

/* A line on standard error, "dlpin: " included. Under no lock in particular. */
void log_say(const char *line);

/* The process goes, and its summary is written: what other threads still have to say is too late.
 */
void log_close(void);

/* A new process: its next record makes a new file. */
void log_fork_child(void);

#endif
