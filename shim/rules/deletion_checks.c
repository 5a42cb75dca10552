// SPDX-License-Identifier: MIT
/* The rules for a call that deletes a key. */
#include "base/dropped.h"
#include "rules/found.h"
#include "rules/rule.h"

bool rules_deletion_is_plain(uint32_t number, const struct key *was, uintptr_t caller)
{
    bool has_value = false;
    if (!was->owner || modules_find_live(caller - 1) != was->owner || !lock_acquire(&registry_lock))
        return false;
    for (struct thread *thread = threads; thread && !has_value; thread = thread->next)
        has_value = value_is_current(thread_value(thread, number), was);
    lock_release(&registry_lock);
    return !has_value;
}

void rules_check_deletion(const struct deletion *deletion, rules_sink *sink, void *data)
{
    struct found found = {0};
    struct deletion complete = *deletion;
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    for (struct thread *thread = threads; thread && !deletion->error; thread = thread->next) {
        struct value *value = thread_value(thread, deletion->number);
        struct heap_block block;
        if (!value_is_current(value, deletion->was) || value->epoch == VALUE_IGNORED ||
            !thread_is_live(thread) || !heap_find((uintptr_t)atomic_load(&value->pointer), &block))
            continue;
        if (complete.blocks++ == 0) {
            complete.thread = thread;
            complete.value = value;
            complete.block = block;
        }
    }
    found_apply(&(struct subject){.class = &deletion_class, .deletion = &complete}, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
