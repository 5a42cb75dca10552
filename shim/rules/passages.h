// SPDX-License-Identifier: MIT
/*
 * Addresses in a module that threads were seen to have: return addresses on their stacks, and
 * memory that they have given to the kernel. The last ones are remembered, so that after the
 * unmapping it is known whose they are. Under the check lock.
 */
#ifndef DLPIN_RULES_PASSAGES_H
#define DLPIN_RULES_PASSAGES_H

#include "modules/modules.h"
#include "ownership/stack.h"
#include "rules/finding.h"

#include <sys/types.h>

/* A thread that executes code of a module or will return into it, and how we know. */
struct passage {
    pid_t tid;
    struct module *module;
    uintptr_t pc, slot; /* the address in the module, and where it lies; 0: it is the thread's pc */
    bool unmapped;      /* nothing lies at pc */
    bool certain;       /* unwinding led there; else it is a word that looks so */
    enum place stack_at; /* if not PLACE_NONE: pc is where the thread's stack itself lies */
    struct stack *stack;
};

void passage_take_note(const struct passage *passage, bool left_behind);
bool passage_is_noted(const struct passage *passage);

/* True if a return address into the module was noted on the thread's stack, and is still there. */
bool passage_is_inside(pid_t tid, const struct module *module);

/* The address leads into this module, not into one that lay there before, or that has come
 * meanwhile. `closing`: the module is still mapped. */
bool passage_is_of_module(const struct passage *passage, bool closing);

/* Fills in that something dangles, in which thread and into which module. Takes references. */
void passage_describe(const struct passage *passage, struct finding *finding);

/* The same of a thread that has an address of the module's data. */
void passage_describe_data(const struct passage *passage, struct finding *finding);

#endif
