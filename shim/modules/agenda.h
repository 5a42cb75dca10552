// SPDX-License-Identifier: MIT
/*
 * The agenda: all deferred work about modules, in one list. Each entry has a reference to its
 * module, and its work as bits (modules/work.h). Each kind of work is done elsewhere;
 * modules/budget.h says when, and how long the program waits for it.
 *
 * Under the check lock, unless a function says otherwise.
 */
#ifndef DLPIN_MODULES_AGENDA_H
#define DLPIN_MODULES_AGENDA_H

#include "modules/modules.h"
#include "modules/work.h"

enum { AGENDA_MAX = 1024 };

struct agenda_entry {
    struct module *module;
    unsigned works;
    unsigned tries;     /* so often its stacks were searched in vain */
    const void *closer; /* the thread whose dlclose closes it */
};

/* Adds work of a module. In a full list it replaces an entry whose work has become impossible, else
 * the oldest one; agenda_gaps counts this. No lock is needed; agenda_add takes the changes lock,
 * the caller of the other one has it. */
void agenda_add(struct module *module, unsigned works);
void agenda_add_locked(struct module *module, unsigned works);

/* The same, but only where nothing is mapped in the module's range, and no other module that lay
 * there has such work: a younger one has the range. */
void agenda_add_alone_locked(struct module *module, unsigned works);

/* Shows each entry with any of these works, the youngest first. `visit` returns which works are
 * done. Takes the changes lock, which `visit` runs under. False: that cannot be had. */
typedef unsigned agenda_visit(struct agenda_entry *entry, void *data);
bool agenda_each(unsigned works, agenda_visit *visit, void *data);

/* No such work of this module is left. */
void agenda_remove(const struct module *module, unsigned works);

/* A module that the calling thread closes, the last one first, with a reference; it is on the
 * agenda no longer. NULL: there is none. Without a lock. */
struct module *agenda_take_closing(void);

/* True if another module of the list that has such work lay in a part of its range, too: a word
 * cannot tell them apart. In a visit. */
bool agenda_is_ambiguous_locked(const struct module *module, unsigned works);

/* In a fork child: the unloads are the parent's. */
void agenda_fork_child(void);

struct agenda_gaps {
    unsigned reused; /* entries removed because something else lies there */
    unsigned missed; /* entries that found no room */
};

extern struct agenda_gaps agenda_gaps;

#endif
