// SPDX-License-Identifier: MIT
/*
 * The input of the renderers: a finished, symbolized model, and the command's own remarks. A
 * renderer is one function per format; it only reads the report and writes to the stream. The
 * caller checks that the stream took everything (ferror).
 */
#ifndef DLPIN_ANALYZER_REPORT_H
#define DLPIN_ANALYZER_REPORT_H

#include "gate/exceptions.h"
#include "gate/gate.h"
#include "model/model.h"

#include <stdbool.h>
#include <stdio.h>

struct source_root;
struct verdicts;

struct report {
    const struct model *model;
    const struct gate *gate;             /* not NULL: what gates is shown, whatever else is not */
    bool only_gating;                    /* and nothing else is */
    enum severity from;                  /* else what has this severity and higher ones */
    const struct exceptions *exceptions; /* NULL: there are none */
    bool list_known;                     /* a line for each finding that the baseline knows */
    const char *const *remarks;          /* of the command, about what could not be seen */
    size_t remark_count;
    const struct source_root *root;  /* NULL: none is known */
    const struct verdicts *verdicts; /* of dlpin try, or NULL */
    bool running;                    /* the process was asked, and runs on */
    const struct process *killed;    /* the process of dlpin run that a signal killed, or NULL */
    int signal;                      /* the signal */
    bool verbose;                    /* text: nothing is folded */
};

/* Is the group among what is shown? */
bool report_shows(const struct report *report, const struct group *group);

/* Of what a format has no room for: own code comes first, then what is severe. */
const char *report_rest(const struct report *report);

typedef void renderer(FILE *out, const struct report *report, bool color);

renderer render_text;
renderer render_json;
renderer render_junit;
renderer render_github;
renderer render_sarif;
renderer render_markdown;
renderer render_gitlab;
renderer render_dot;
renderer render_html;
renderer render_leaks;

#endif
