// SPDX-License-Identifier: MIT
/* The rules for what a task leaves in its thread, and for what another one reads there. */
#include "base/dropped.h"
#include "base/guard.h"
#include "registry/tasks.h"
#include "rules/found.h"
#include "rules/rule.h"

static void apply_to_left_locked(struct thread *thread, uint32_t number, uintptr_t read_at,
                                 struct found *found)
{
    found_apply(&(struct subject){.class = &task_class,
                                  .task = {.number = number,
                                           .key = &keys[number],
                                           .thread = thread,
                                           .value = thread_value(thread, number),
                                           .left = &thread->tasks->values[number],
                                           .reader = read_at ? thread->tasks->current : NULL,
                                           .read_at = read_at}},
                found);
}

void rules_check_task_end(rules_sink *sink, void *data)
{
    struct thread *thread = guard.self;
    struct task_value *values = thread->tasks->values;
    struct found found = {0};
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    for (uint32_t i = 0; i < keys_end; i++) {
        if (values[i].setter != thread->tasks->current || values[i].reported_left ||
            !task_value_is_left(thread, i))
            continue;
        values[i].reported_left = thread->tasks->has_reported = true;
        apply_to_left_locked(thread, i, 0, &found);
    }
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}

void rules_check_task_read(uint32_t number, uintptr_t at, rules_sink *sink, void *data)
{
    struct thread *thread = guard.self;
    struct found found = {0};
    if (!task_value_is_left(thread, number) || !lock_acquire(&registry_lock))
        return;
    thread->tasks->values[number].reported_read = true;
    apply_to_left_locked(thread, number, at, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
