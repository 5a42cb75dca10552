// SPDX-License-Identifier: MIT
/*
 * The rules: one row and two small functions per kind.
 *
 * `match` sees one object of the registry, under the registry lock, and fills a finding if the
 * object is of its kind; it takes references for what it copies. `explain` writes the finding's
 * message later, without any lock; it may read files for names.
 */
#ifndef DLPIN_RULES_RULES_H
#define DLPIN_RULES_RULES_H

#include "base/text.h"
#include "registry/registrations.h"
#include "registry/threads.h"
#include "rules/finding.h"
#include "scan/target.h"

/* A pthread_key_delete that was just made. */
struct deletion {
    uint32_t number, serial;
    const struct key *was;     /* generation 0: no live key had this number, as far as we know */
    const struct stack *stack; /* of the caller */
    int error;                 /* what it returned */
    bool deleter_named;        /* the first frame's code really called pthread_key_delete */
    bool used_after;           /* the owner used it afterwards */
    /* Threads that had a live block as value: how many, and the first of them. */
    unsigned blocks;
    struct thread *thread;
    struct value *value;
    struct heap_block block;
};

/* What a scan found, and what is to be known of it before the registry is locked. */
struct retained {
    const struct result *result;
    enum target_class target;
    struct in_block place; /* of a word in a block: which one */
};

struct passage;

/* One object; what does not belong to its type is NULL. */
struct subject {
    enum object_type type;
    uint32_t number;
    const struct key *key;
    struct thread *thread;
    struct value *value;
    const struct target *target; /* of the value, of the thread's argument; may be NULL */
    const struct deletion *deletion;
    const struct task_value *left;   /* a value that a task left, */
    struct task *reader;             /* the one that read it (or NULL), */
    uintptr_t read_at;               /* and the return address there */
    const struct retained *retained; /* what a scan found */
    const struct passage *passage;   /* rules/stacks.h */
    const struct registration *registration;
    bool closing; /* before a dlclose: `candidate` may be about to be unmapped */
    const struct module *candidate;
    struct module *module;         /* that was closed and stays, or has handles; */
    const struct holders *holders; /* why it stays; */
    const struct stack *opener;    /* a dlopen call that gave out a handle, */
    uint64_t opened;               /* and which one */
};

typedef bool rule_match(const struct subject *subject, struct finding *finding);
typedef void rule_explain(const struct finding *finding, struct text *message);

struct rule {
    enum object_type type;
    rule_match *match;
    rule_explain *explain;
    bool of_what_is_left; /* of closed modules, too: nothing dangles then, it is held */
};

extern const struct rule rules[KIND_COUNT];

/* The finding's message. Without any lock. */
void rules_explain(const struct finding *finding, struct text *message);

/* How findings of a closed module are resolved when the program opens it again. */
extern const char how_reopened[];

typedef void rules_sink(struct finding *finding, void *data);

/* Whether a finding of this object has been made and needs not be made again. Called under the
 * registry lock; takes none. */
typedef bool rules_known(const struct object *object);

/* Every rule on every key, value, thread and signal; findings go to `sink` (which takes them over)
 * after the registry lock is released. Takes the registry lock. Without `unseen`, what the program
 * may have changed past us waits for rules_check_unseen: signal handlers and the environment. */
void rules_check(bool unseen, rules_known *known, rules_sink *sink, void *data);
void rules_check_unseen(rules_known *known, rules_sink *sink, void *data);

/* Only what could kill the process the moment `module` is unmapped; the findings are pending. */
void rules_check_closing(const struct module *module, rules_sink *sink, void *data);

/* The rules for what a scan found, if it is still so; false: it is not. The same word at several
 * places is one finding; `all`: a finding for each place that is not known, since some may have
 * moved there. */
bool rules_check_retained(const struct result *result, bool all, rules_known *known,
                          rules_sink *sink, void *data);

/* Whether a deletion that succeeded cannot be a finding: its owner made it, and no thread has a
 * value. The stack needs not be looked at then. Takes the registry lock. */
bool rules_deletion_is_plain(uint32_t number, const struct key *was, uintptr_t caller);

/* The rules for a deletion. */
void rules_check_deletion(const struct deletion *deletion, rules_sink *sink, void *data);

/* A task of the calling thread ends, while it still is the current one; it reads, at this return
 * address, what another one left. Take the registry lock. */
void rules_check_task_end(rules_sink *sink, void *data);
void rules_check_task_read(uint32_t number, uintptr_t at, rules_sink *sink, void *data);

/* A module that the program closed is still mapped: `holders`, as the loader has them, are
 * completed with what the registries know. */
void rules_check_closed(struct module *module, struct holders *holders, rules_sink *sink,
                        void *data);

/* Handles that were never closed: of this module, or (NULL) of all. Takes the registry lock. */
void rules_check_handles(struct module *only, rules_known *known, rules_sink *sink, void *data);

/* Whether a finding's object is still as it was found; else `how` says what became of it. Takes the
 * registry lock. */
bool rules_still_holds(const struct object *object, const char **how);

/* Adds the threads that have destructors of thread_local objects of the module pending. Takes the
 * registry lock; reads files for names. */
void rules_add_tls_holders(struct module *module, struct holders *holders);

/* What kinds about a closed module have in common. */
bool match_closed(const struct subject *subject, struct finding *finding);

/* For the rules about threads: the module, and what of it the way of a scan leads to. */
void copy_retained(const struct retained *retained, struct finding *finding);

rule_match match_key_destructor, match_key, match_key_value, match_key_orphan, match_key_foreign,
    match_thread_routine, match_thread_argument, match_thread_requested, match_thread_stack,
    match_pointer, match_heap_lost, match_heap_held, match_registration, match_task_value,
    match_signal_handler, match_still_mapped, match_tls_destructor, match_handle;
rule_explain explain_key_destructor, explain_key, explain_key_value, explain_key_orphan,
    explain_key_foreign, explain_thread_routine, explain_thread_argument, explain_thread_requested,
    explain_thread_stack, explain_pointer, explain_heap_lost, explain_heap_held,
    explain_exit_handler, explain_fork_handler, explain_timer, explain_hook, explain_environment,
    explain_task_value, explain_signal_handler, explain_signal_stack, explain_unwind_frames,
    explain_still_mapped, explain_handle;

#endif
