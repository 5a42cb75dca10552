// SPDX-License-Identifier: MIT
#include "modules/changes.h"
#include "base/dropped.h"
#include "base/lock.h"

struct lock changes_lock;
static module_listener *listener;

void changes_init(module_listener *to_notify)
{
    listener = to_notify;
}

/* A change that was not reported yet. */
struct change {
    struct module *module; /* holds a reference */
    enum module_state state;
    struct change *next;
};

static struct change *first_change, **last_change = &first_change;

void change_note_locked(struct module *module, enum module_state state)
{
    struct change *change = arena_alloc(sizeof *change);
    if (!change) {
        drop(DROP_MODULE);
        return;
    }
    *change = (struct change){module_ref(module), state, NULL};
    *last_change = change;
    last_change = &change->next;
}

static struct change *take_change(bool *more)
{
    if (!lock_acquire(&modules_lock))
        return NULL;
    struct change *change = first_change;
    if (change)
        first_change = change->next;
    if (!first_change)
        last_change = &first_change;
    *more = first_change != NULL;
    lock_release(&modules_lock);
    return change;
}

/* Reports all pending changes, those of other threads included. */
void changes_report(void)
{
    if (!lock_acquire(&changes_lock)) {
        drop(DROP_MODULE);
        return;
    }
    bool more;
    for (struct change *change; (change = take_change(&more)) != NULL;) {
        listener(change->module, change->state, more);
        module_unref(change->module);
        arena_free(change, sizeof *change);
    }
    lock_release(&changes_lock);
}
