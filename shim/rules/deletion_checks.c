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
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    found_apply(&(struct subject){.class = &deletion_class, .deletion = deletion}, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
