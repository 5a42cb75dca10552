// SPDX-License-Identifier: MIT
/* Derives facts about a library from the end of a process that tried it. */
#ifndef DLPIN_ANALYZER_ENDING_H
#define DLPIN_ANALYZER_ENDING_H

#include "try/verdict.h"

struct ending {
    enum outcome outcome;
    char *words;    /* or NULL; the caller frees both */
    char *printed;  /* that it printed something, and how that begins; or NULL */
    bool cut_short; /* the library was loaded once, and the process did not come to its end */
};

void ending_judge(struct ending *ending, const struct attempt *attempt, const struct try_plan *plan,
                  const char *path);

#endif
