// SPDX-License-Identifier: MIT
/*
 * The report file's records as JSON (report_format.h), and the lines on standard error.
 *
 * Functions build into a text; writing is report.c's. No locks but the modules' (report_header).
 */
#ifndef DLPIN_REPORT_RECORDS_H
#define DLPIN_REPORT_RECORDS_H

#include "base/text.h"
#include "rules/finding.h"
#include "rules/message.h"

enum { LOADS_MAX = 64 };

/* An object of a finding that has several with one cause. */
struct member {
    struct member *next;
    struct module *module; /* or NULL; holds a reference */
    char *name;
    unsigned count; /* 0: resolved */
};

/* A finding with its repeats (one signature), as it is written. */
struct finding_record {
    const struct finding *finding;
    const struct member *members; /* list */
    uint32_t id;
    uint32_t token; /* of the request that supposes it; 0: it is so */
    enum occasion at;
    unsigned count;
    const uint32_t *loads;
    unsigned load_count;
    bool growing;
    unsigned skipped;
    bool suppressed; /* by the option suppressions= */
    const struct message *message;
    const char *signature, *label;
};

struct process_info {
    const char *program; /* base name */
    const char *exe;
    const char *options;
    uint64_t started_monotonic;
    int64_t started; /* seconds since the epoch */
};

struct summary {
    const char *ended;
    unsigned kinds[KIND_COUNT], verdicts[VERDICT_COUNT], severities[SEVERITY_COUNT];
    unsigned findings;
};

void record_header(struct text *text, const struct process_info *info);
void record_module(struct text *text, const struct module *module, enum module_state state,
                   uint64_t time);
/* So many loads of the file of that module have no records. */
void record_reloads(struct text *text, uint32_t module, unsigned count, uint64_t time);
void record_finding(struct text *text, const struct finding_record *record, uint64_t time);
void record_resolved(struct text *text, uint32_t finding, const char *how, uint64_t time);

void record_request(struct text *text, uint32_t token, enum request_state state, unsigned findings,
                    uint64_t time);

/* `unseen` is a NULL-terminated list of sentences. */
void record_coverage(struct text *text, bool heap_seen, const char *const *unseen, uint64_t time);
void record_summary(struct text *text, const struct summary *summary, uint64_t time);

/* A line for a frame; `returns`: its pc is a return address. */
void print_frame(struct text *text, unsigned number, const struct frame *frame, bool returns);

/* For people: severity, kind, message, stack; each line begins with "dlpin: ". */
void print_finding(struct text *text, const struct finding_record *record);

#endif
