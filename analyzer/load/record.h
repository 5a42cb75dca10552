// SPDX-License-Identifier: MIT
/*
 * A line of a report file as a checked record.
 *
 * record_parse() takes any bytes whatever. It returns a record whose required members are there and
 * of the right type, or says in words what is wrong with the line. Types that this version does not
 * know come back as RECORD_UNKNOWN, which is no error; neither are unknown members, kinds and
 * verdicts. A damaged path alone does not cost a finding: it is left out, and `flaw` says why.
 *
 * A record owns its JSON and its frames. Strings and json_t pointers in it are borrowed from
 * record.json and live as long as that; nobody changes it (json_store.h). record_free() gives
 * everything back.
 */
#ifndef DLPIN_ANALYZER_RECORD_H
#define DLPIN_ANALYZER_RECORD_H

#include "base/store.h"
#include "base/strings.h"
#include "load/frame.h"
#include "load/path.h"
#include "report/report_format.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_type {
    RECORD_HEADER,
    RECORD_MODULE,
    RECORD_RELOADS,
    RECORD_FINDING,
    RECORD_RESOLVED,
    RECORD_CRASH,
    RECORD_COVERAGE,
    RECORD_SUMMARY,
    RECORD_UNKNOWN
};

struct header_record {
    const char *format, *tool, *exe, *started, *arch, *libc, *options;
    int64_t version, ppid;
    const json_t *argv;
};

struct module_record {
    const char *path, *soname, *build_id;
    const char *identity; /* NULL: the soname, else the last part of the path */
    uint64_t base, end;
    int64_t id, load;
    enum module_state state;
    bool common; /* it acts for others: libc, libstdc++, libglib, … */
};

/* Further loads of a module's file, which were unloaded and have no records. */
struct reloads_record {
    int64_t module, count;
};

struct finding_record {
    const char *kind, *verdict, *at, *module_path, *message, *label, *signature;
    const char *cause, *consequence, *fix; /* the parts of message; NULL: it has none */
    enum severity severity;
    int64_t id, module, count, bytes, blocks;
    int64_t more_members; /* so many are not listed in members */
    bool growing, pending, suppressed;
    const json_t *loads, *subject, *members;
    const json_t *path;           /* NULL where it is damaged */
    struct path retention_path;   /* the same, checked */
    struct frame *stack, *points; /* points: the frames in subject */
    size_t stack_count, point_count;
};

struct resolved_record {
    const char *how;
    int64_t finding;
};

struct crash_record {
    const char *signal_name; /* or NULL */
    int64_t signal, module, predicted_by;
    struct frame *place; /* one: the address, in the unloaded module */
    struct frame *stack;
    size_t place_count, stack_count;
};

struct coverage_record {
    const json_t *hooks, *dropped, *unseen, *unfollowed, *killed;
};

struct summary_record {
    const char *ended;
};

struct record {
    enum record_type type;
    int64_t pid; /* RECORD_ABSENT: that of the file's header */
    int64_t time;
    int64_t offset; /* where its line begins in the file; RECORD_ABSENT: it cannot be read again */
    char *flaw;     /* what of it was left out, and why; or NULL. Owned */
    json_t *json;
    struct store store; /* of the JSON; after record_shrink() the JSON is there by itself */
    union {
        struct header_record header;
        struct module_record module;
        struct reloads_record reloads;
        struct finding_record finding;
        struct resolved_record resolved;
        struct crash_record crash;
        struct coverage_record coverage;
        struct summary_record summary;
    };
};

/* NULL where the line is no record; then problem (a buffer of problem_size bytes) says why. */
struct record *record_parse(const char *line, size_t length, char *problem, size_t problem_size);
void record_free(struct record *record);

/* Drops the JSON of a finding but for message with its parts, subject, path and members, which are
 * copied; other strings are borrowed from strings from then on, and the signature and the loads are
 * NULL. */
void record_shrink(struct record *record, struct strings *strings);

#endif
