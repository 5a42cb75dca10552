// SPDX-License-Identifier: MIT
/*
 * Classes of objects that findings are about: keys, values, threads, and so on.
 *
 * Each class is one row of functions, in the file of its rules. Others ask the class through the
 * kind (class_of in rules/rule.h), and do not know which classes there are. A member that is NULL
 * or false is for classes to which it does not apply.
 *
 * A class is added with its row, declared in rules/rule.h; a member of the unions of struct
 * subject, struct object and struct finding, as far as it needs them; and a check that applies the
 * rules to its objects (rules/checks.c).
 */
#ifndef DLPIN_RULES_CLASS_H
#define DLPIN_RULES_CLASS_H

#include "base/text.h"
#include "rules/finding.h"

struct object_class;
struct deletion;
struct left_values;
struct passage;
struct target;
struct task_value;

/* A scan's result, with the facts that must be known before the registry is locked. */
struct retained {
    const struct result *result;
    enum target_class target;
    bool is_ambiguous;                     /* the word may be one of an earlier module */
    struct in_block place;                 /* of a word in a block: which one */
    const struct known_registry *registry; /* of which it is an entry, or NULL */
};

/* An object as the rules see it. */
struct subject {
    const struct object_class *class;
    bool closing; /* before a dlclose: `candidate` may be about to be unmapped */
    const struct module *candidate;
    const struct retained *retained; /* what a scan found, or NULL */
    union {
        struct {
            uint32_t number;
            const struct key *key;
        } key;
        struct {
            uint32_t number;
            const struct key *key;
            struct thread *thread;
            struct value *value;
            const struct target *target; /* may be NULL */
        } value;
        struct {
            struct thread *thread;
            const struct target *target; /* of its argument; may be NULL */
        } thread;
        const struct deletion *deletion; /* rules/rules.h */
        const struct left_values *left_values;
        struct {
            const struct passage *passage; /* rules/passages.h */
            const struct thread *thread;   /* or NULL */
        } frame;
        struct {
            const struct passage *passage; /* the address that it gave to the kernel */
            const struct thread *thread;   /* or NULL */
            long call;                     /* number of the system call */
        } wait;
        struct {
            const struct passage *passage; /* the mutex, and its node in the list */
        } mutex;
        const struct registration *registration;
        struct {
            uint32_t number;
            const struct key *key;
            struct thread *thread;
            struct value *value;
            const struct task_value *left; /* what a task left, */
            struct task *reader;           /* the one that read it (or NULL), */
            uintptr_t read_at;             /* and the return address there */
        } task;
        struct {
            uint32_t number;
        } signal;
        const struct descriptor *descriptor;
        const struct mapped *mapped;
        struct {
            struct module *module;         /* it was closed and stays, or has handles; */
            const struct holders *holders; /* why it stays; */
            const struct stack *opener;    /* a dlopen call that gave out a handle, */
            uint64_t opened;               /* and which one */
        } module;
    };
};

struct object_class {
    /* Fills what object_make left empty. Under the registry lock where the subject needs it. */
    void (*identify)(const struct subject *subject, struct object *object);

    /* Made between dlpin_ignore_begin and dlpin_ignore_end. Under the registry lock. */
    bool (*is_ignored)(const struct subject *subject);

    /* Sets *how, what became of the object, if it is over. Under the registry lock. NULL: the
     * object is something that happened, and never is over. */
    void (*still_holds)(const struct object *object, const char **how);

    /* The members of "subject" but for its name, the owner and the requester. */
    void (*write_subject)(struct text *text, const struct finding *finding);

    /* Adds the signature's part that stands for the finding's function. */
    void (*add_signature)(struct text *text, const struct finding *finding);

    /* The module whose identity stands in the signature. NULL: the module that the finding is
     * about. */
    const struct module *(*blame)(const struct finding *finding);

    /* Of findings that have one cause, what each is about, by name; returns the module of that, or
     * NULL. Without a name it is not listed. */
    const struct module *(*name_member)(struct text *text, const struct finding *finding);

    /* Gives back what is only in findings of this class. */
    void (*release)(struct finding *finding);

    /* How much of the stack can be unwound depends on when that is done: the signature is without
     * it, and the longest is kept. */
    bool stack_varies;

    /* Findings say that a thread runs in the module, and which one. */
    bool is_of_running_thread;

    /* Findings are about the moment of a call, even where they are reported later. */
    bool is_of_event;

    /* How a pending finding is resolved that was not made again after the dlclose. NULL: it is
     * confirmed when the module is unmapped. */
    const char *unconfirmed;

    /* The address that some place has, and that leads to the module. */
    uintptr_t (*word)(const struct object *object);

    /* Such a word may move: when it is not where it was, it may be at another place. */
    bool word_moves;

    /* A place of the same word that needs no finding of its own. */
    bool (*is_one_more)(const struct object *object, const struct object *known);

    /* Worth to be shown again, though the severity is the same. */
    bool (*has_risen)(const struct finding *finding, const struct finding *before);

    /* The memory that this module retains became known: true if the finding about this object says
     * it. */
    bool (*take_retained)(struct finding *finding, const struct object *object,
                          const struct module *module);
};

#endif
