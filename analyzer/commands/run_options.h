// SPDX-License-Identifier: MIT
/* The command line of `dlpin run`. */
#ifndef DLPIN_ANALYZER_RUN_OPTIONS_H
#define DLPIN_ANALYZER_RUN_OPTIONS_H

#include "gate/gate.h"
#include "render/output.h"

struct run_options {
    bool gated;
    struct gate gate;
    int error_status;
    bool require_heap;
    bool trace_children;
    bool resolved;
    const char *keep;  /* directory, or NULL */
    const char *extra; /* for DLPIN_OPTIONS, or NULL */
    struct outputs outputs;
    char **program; /* argv of the program, NULL at its end */
};

extern const char run_help[];

/* -1: go on; else the exit status. run_options_clear() in either case. */
int run_options_parse(struct run_options *options, int argc, char **argv);
void run_options_clear(struct run_options *options);

#endif
