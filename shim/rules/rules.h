// SPDX-License-Identifier: MIT
/*
 * Applies the rules (rules/rule.h) to the registries, to a scan's results, and at single events.
 */
#ifndef DLPIN_RULES_RULES_H
#define DLPIN_RULES_RULES_H

#include "base/text.h"
#include "registry/heap.h"
#include "registry/threads.h"
#include "rules/finding.h"

/* A pthread_key_delete that was just made. */
struct deletion {
    uint32_t number, serial;
    const struct key *was;     /* generation 0: no live key had this number, as far as we know */
    const struct stack *stack; /* of the caller */
    int error;                 /* what it returned */
    bool deleter_named;        /* the first frame's code really called pthread_key_delete */
};

struct message;

/* The finding's message, into an empty one. Without any lock. */
void rules_explain(const struct finding *finding, struct message *message);

/* How findings of a closed module are resolved when the program opens it again. */
extern const char how_reopened[];

typedef void rules_sink(struct finding *finding, void *data);

/* True if a finding of this object has been made and needs not be made again. Called under the
 * registry lock; takes none. */
typedef bool rules_known(const struct object *object);

/* Applies every rule to every key, value, thread and signal; findings go to `sink` (which takes
 * them over) after the registry lock is released. Takes the registry lock. Without `unseen`, items
 * that the program may have changed past us are left to rules_check_unseen: signal handlers and the
 * environment. */
void rules_check(bool unseen, rules_known *known, rules_sink *sink, void *data);
void rules_check_unseen(rules_known *known, rules_sink *sink, void *data);

/* Only what could kill the process the moment `module` is unmapped; the findings are pending. */
void rules_check_closing(const struct module *module, rules_sink *sink, void *data);

/*
 * A handler of the program's may have been called for a crash, and what it was told may lie in
 * memory now: the address of the crash next to the thread's stack pointer, to pointers to the
 * siginfo and the context, or in a copy of these. A word there is no finding: it did not lead to
 * the crash. Under the check lock.
 */
enum { TOLD_FRAME_MAX = 16 << 10 }; /* with the registers of the vector unit */
struct told {
    int signal;
    uintptr_t address, sp, frame; /* the frame that the kernel made for the handler */
};
void rules_note_told(const struct told *told);

/* Before the results of another walk. */
void rules_begin_retained(void);

/* The rules for what a scan found, if it is still so; false: it is not. Pointers come before
 * blocks, which may be a part of the same entry of a registry. The same word at several places is
 * one finding; `all`: a finding for each place that is not known, since some may have moved there.
 */
bool rules_check_retained(const struct result *result, bool all, rules_known *known,
                          rules_sink *sink, void *data);

/* True if a deletion that succeeded cannot be a finding: its owner made it, and no thread has a
 * value. The stack needs no check then. Takes the registry lock. */
bool rules_deletion_is_plain(uint32_t number, const struct key *was, uintptr_t caller);

/* The rules for the call itself; what it left behind is examined at each check. */
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

/* True if a finding's object is still as it was found; else `how` says what became of it. Takes the
 * registry lock. */
bool rules_still_holds(const struct object *object, const char **how);

/* Adds the threads that have destructors of thread_local objects of the module pending. Takes the
 * registry lock; reads files for names. */
void rules_add_tls_holders(struct module *module, struct holders *holders);

#endif
