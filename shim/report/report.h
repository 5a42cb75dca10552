// SPDX-License-Identifier: MIT
/*
 * Reports modules, findings with their repeats, and their end. Writes the file and standard error
 * as events happen.
 *
 * Everything here takes the report lock and, below it, registry, sites, modules and arena; none may
 * be held. Inside the guard.
 */
#ifndef DLPIN_REPORT_REPORT_H
#define DLPIN_REPORT_REPORT_H

#include "base/text.h"
#include "rules/finding.h"

/* Once, after the options are known. `raw_options` is the environment variable as it was. */
void report_init(const char *raw_options);

/* Makes the report file now: the process may soon be where its folder cannot be reached. */
void report_need_file(void);

/* True if anything was written to a report file; without a lock. */
bool report_has_file(void);

/* A module was loaded or unloaded. The record may be kept, until the next one or
 * report_flush_modules. */
void report_module(struct module *module, enum module_state state);
void report_flush_modules(void);

/*
 * A finding was made; takes it over. An object that was reported already is not reported again; a
 * finding with the signature of an earlier one raises its count. `quietly`: not on standard error
 * (yet). Returns the id of a new finding, else 0.
 */
uint32_t report_finding(struct finding *finding, enum occasion at, bool quietly);

/* True if this was reported, confirmed and shown. Only under the check lock, which everything that
 * changes the answer is called under; takes no lock. */
bool report_knows(const struct object *object);

/* How many findings still hold that no earlier call counted. */
unsigned report_take_news(void);

/* A request from outside begins, or is done: then all counts are in the file. */
void report_request(uint32_t token, enum request_state state);

/* Adds the record of a finding that a request supposes: what would be. Under no lock, in a copy of
 * the process. */
void report_supposed(struct text *text, const struct finding *finding, uint32_t token, uint32_t id);

/* In a copy of the process: takes the modules that its records name and that have no records of
 * their own, as their ids. */
unsigned report_take_named(uint32_t *modules, unsigned most);

/* Records that were made in a copy of the process, and what report_take_named gave there. */
void report_add(const char *records, size_t length, const uint32_t *named, unsigned count);

/* The event that this finding predicts was prevented once more. */
void report_skipped(const struct object *object);

/* The memory that a closed module retains is known now. */
void report_retained(const struct module *module);

/* The finding with this id has become an error. */
void report_escalate(uint32_t id);

/* Resolves the findings that do not hold any more. A word that is not where it was may have moved:
 * memory is scanned for it first. The second examines only findings of words. */
void report_revalidate(void);
void report_revalidate_words(void);

/* The search for all words into these ranges is over: findings of these modules that are not
 * settled by now are resolved. */
void report_settle(const struct ranges *ranges);

/* The same for findings of words that are nowhere any more; however much memory there is. */
void report_settle_lost(void);

/* A block of a heap-held finding that counts several loads; the module with a reference. */
struct held_again {
    struct object object;
    struct module *module;
};

/* Lists up to `most` of them. Without our locks but the check lock, as report_lost. */
unsigned report_held_again(struct held_again *list, unsigned most);

/* The block is lost by now, and that is another finding. */
void report_lost(const struct object *object);

/* True if there are findings of words, and any that are to be settled; without a lock. */
bool report_has_words(void);
bool report_has_unsettled(void);

/* A dlclose is over and checked: resolves pending findings about modules that are still mapped, and
 * those of stacks that were not confirmed. */
void report_settle_pending(void);

/* True if a stack is among the pending findings; under the check lock. */
bool report_needs_stacks(void);

/* True if anything is open that report_revalidate could resolve; without a lock. */
bool report_has_open(void);

/* exit() began: what was found before counts from now on, whatever becomes of it; what is found now
 * is a note unless it is an error. */
void report_exiting(void);

/* Writes counts, coverage and summary. `unseen`: sentences, NULL-terminated. `image_may_go_on`:
 * before an exec, which may fail; else nothing is written after the summary. */
void report_finish(const char *ended, bool image_may_go_on, bool heap_seen,
                   const char *const *unseen);

/* Something that was found, and is still so. */
struct open_finding {
    const struct object *object;
    const struct finding *finding; /* the latest of its signature */
    const struct module *module;
    uint32_t id;
};

/* The one with the highest score; 0 is none. False: there is none. Under the report lock, which
 * keeps the result. */
typedef unsigned finding_score(const struct open_finding *open, const void *data);
bool report_best_locked(finding_score *score, const void *data, struct open_finding *best);

/* In a fork child, of a finding of its parent's: from now on it is in this process's report, too.
 */
void report_own_locked(uint32_t id);

/* Writes what is held back: records of modules, and counts that have changed since they were
 * written. */
void report_flush_locked(void);

/* Open findings of severity warning or higher. */
unsigned report_severe(void);

extern struct lock report_lock;

/* A new process: own file, own counts; what the parent reported is not reported again. */
void report_fork_child(void);

#endif
