// SPDX-License-Identifier: MIT
/* The settings of the command line: each command uses some of them. */
#ifndef DLPIN_ANALYZER_SETTINGS_H
#define DLPIN_ANALYZER_SETTINGS_H

#include "ask/request.h"
#include "classify/own.h"
#include "gate/exceptions.h"
#include "gate/gate.h"
#include "gate/required.h"
#include "model/aliases.h"
#include "render/location.h"
#include "render/output.h"
#include "symbolize/search.h"
#include "try/trial.h"

struct settings {
    enum { SHOW_NOTHING, SHOW_HELP, SHOW_VERSION } show;
    char **arguments; /* what is no option; NULL after the last */
    size_t argument_count;

    const struct format *format; /* NULL: none was named */
    const char *file;            /* -o, or NULL */
    struct outputs outputs;      /* --report */

    struct source_root root; /* --source-root, --sarif-fallback */
    struct own own;
    struct aliases aliases;
    struct search search; /* --sysroot, --debug-path */

    bool verbose;
    bool resolved;
    enum severity from; /* --min-severity */
    struct exceptions exceptions;
    bool gated; /* run: something was said about the gate */
    struct gate gate;
    int error_status;
    struct required required;
    bool unfollowed_are_good; /* --unwatched=ok */

    bool trace_children;
    const char *trace_skip; /* globs, or NULL */
    const char *keep;       /* directory, or NULL */
    const char *extra;      /* for DLPIN_OPTIONS, or NULL */

    struct try_plan trial; /* try */

    struct request request;
    const char *pid;    /* why: NULL: a report file is read */
    const char *module; /* leaks: as if it were unloaded; NULL: as it is */
};

struct settings settings_default(void);

/* Adds the output that --format and -o mean, to the standard output without -o. */
void settings_add_output(struct settings *settings);

/* The files of suppressions and the baseline. False, after a message. */
bool settings_read_exceptions(struct settings *settings);

/* Is there what some options need others for? False, after a message. */
bool settings_check(const struct settings *settings);

void settings_clear(struct settings *settings);

#endif
