// SPDX-License-Identifier: MIT
/*
 * DLPIN_OPTIONS="name=value:name=value": the shim's options. Names that the sanitizers use mean the
 * same here. A value with a ':' in it stands in single or double quotes. libdlpin(7) describes
 * them.
 */
#ifndef DLPIN_BASE_OPTIONS_H
#define DLPIN_BASE_OPTIONS_H

#include "base/text.h"

/*
 * X(type, name, default, lowest, highest, "help"), type BOOL, NUMBER, CHOICE or STRING; lowest and
 * highest bound numbers. A CHOICE is one of the words with which its help begins, up to the colon,
 * as their number; where there is an option NAME_glob, its last word may be followed by "=" and
 * that one's value. Strings are NULL by default, and live as long as the process.
 */
#define DLPIN_OPTIONS_TABLE(X)                                                                     \
    X(BOOL, help, 0, 0, 1, "print the options on standard error")                                  \
    X(NUMBER, verbosity, 0, 0, 2, "1: say what the shim is doing; 2: also each load and unload")   \
    X(STRING, log_path, 0, 0, 0, "report file; %p is the process, %e the program (default: none)") \
    X(NUMBER, exitcode, 0, 0, 255,                                                                 \
      "exit status where there are findings of severity warning or higher (0: the program's own)") \
    X(NUMBER, malloc_context_size, 8, 1, 32, "frames kept for an allocation's stack")              \
    X(STRING, common, 0, 0, 0,                                                                     \
      "comma-separated globs of sonames that act for others, in addition to the built-in list")    \
    X(STRING, alias, 0, 0, 0, "comma-separated GLOB=NAME: modules that match are loads of NAME")   \
    X(CHOICE, scan, SCAN_FULL, SCAN_OFF, SCAN_FULL,                                                \
      "off values full: how far memory is looked through for what leads to an unloaded module")    \
    X(NUMBER, scan_limit_ms, 10000, 0, 999999999, "milliseconds that one scan may take (0: any)")  \
    X(NUMBER, scan_limit_mb, 0, 0, 999999999, "megabytes that one scan may look at (0: any)")      \
    X(NUMBER, check_signal, 0, 0, 64,                                                              \
      "signal that dlpin leaks asks with; 32: the C library keeps it from programs (0: none)")     \
    X(CHOICE, fix, FIX_OFF, FIX_OFF, FIX_KEEP,                                                     \
      "off guard keep: guard skips what would jump into an unloaded module, keep=GLOB also keeps " \
      "modules mapped")                                                                            \
    X(STRING, fix_glob, 0, 0, 0, "modules that fix=keep keeps from the first time on")             \
    X(STRING, prevent, 0, 0, 0, "comma-separated libraries to load for good at the start")         \
    X(BOOL, quiet, 0, 0, 1, "print no findings on standard error")                                 \
    X(STRING, suppressions, 0, 0, 0,                                                               \
      "file of findings that are not printed and do not count for exitcode")                       \
    X(STRING, registries, 0, 0, 0,                                                                 \
      "file that describes registries of libraries, in addition to the built-in table")            \
    X(STRING, label_env, 0, 0, 0, "environment variable whose value is kept with each finding")    \
    X(BOOL, trace_children, 1, 0, 1, "stay in LD_PRELOAD for programs that this one starts")       \
    X(STRING, trace_children_skip, 0, 0, 0,                                                        \
      "comma-separated globs of programs in which nothing is done, nor in what they start")        \
    X(BOOL, log_empty, 1, 0, 1,                                                                    \
      "0: no report file for a process that opened no module and has no finding")                  \
    X(NUMBER, log_root, 0, 0, 4194304, "process for which log_empty=0 does not hold")              \
    X(NUMBER, list_loads, 16, 1, 999999999,                                                        \
      "loads of one file that are listed; more are counted where no record names them")

enum { SCAN_OFF, SCAN_VALUES, SCAN_FULL };
enum { FIX_OFF, FIX_GUARD, FIX_KEEP };

#define DLPIN_OPTION_BOOL unsigned
#define DLPIN_OPTION_NUMBER unsigned
#define DLPIN_OPTION_CHOICE unsigned
#define DLPIN_OPTION_STRING const char *
#define DLPIN_OPTION_FIELD(type, name, ...) DLPIN_OPTION_##type name;

struct options {
    DLPIN_OPTIONS_TABLE(DLPIN_OPTION_FIELD)
};

/* Read-only once options_parse has returned. */
extern struct options options;

/*
 * Sets `options` to the defaults and then to the values in `text` (may be NULL). Each mistake is a
 * line in `complaints` that names it, and the default holds. Called once, from one thread.
 */
void options_parse(const char *text, struct text *complaints);

/* The table, for help=1. */
void options_describe(struct text *text);

#endif
