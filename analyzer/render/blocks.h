// SPDX-License-Identifier: MIT
/* A finding or a crash in words, for formats that hold text for people. */
#ifndef DLPIN_ANALYZER_BLOCKS_H
#define DLPIN_ANALYZER_BLOCKS_H

#include "render/report.h"

/* The block of the text report: several lines, without hidden characters; to be freed. */
char *block_of_group(const struct group *group);
char *block_of_crash(const struct crash *crash);

/* A line: "key-destructor: plugin.so (unloaded)", "SIGSEGV: plugin.so (unloaded)"; to be freed. */
char *title_of_group(const struct group *group);
char *title_of_crash(const struct crash *crash);

/* A stream into memory. Its text, to be freed, is what was written without line ends at its end. */
struct words {
    FILE *stream;
    char *text;
    size_t size;
};

void words_begin(struct words *words);
char *words_finish(struct words *words);

/* Does it fail the report's gate, or without one the usual gate? */
bool report_fails(const struct report *report, const struct group *group);

#endif
