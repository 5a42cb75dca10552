// SPDX-License-Identifier: MIT
#include "rules/rules.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "registry/signals.h"
#include "registry/tasks.h"
#include "rules/found.h"

/* In the order of DLPIN_KINDS. */
const struct rule rules[KIND_COUNT] = {
    [KIND_KEY_DESTRUCTOR] = {OBJECT_KEY, match_key_destructor, explain_key_destructor, true},
    [KIND_KEY] = {OBJECT_KEY, match_key, explain_key, true},
    [KIND_KEY_VALUE] = {OBJECT_VALUE, match_key_value, explain_key_value, true},
    [KIND_KEY_ORPHAN] = {OBJECT_DELETION, match_key_orphan, explain_key_orphan, false},
    [KIND_KEY_FOREIGN] = {OBJECT_DELETION, match_key_foreign, explain_key_foreign, false},
    [KIND_THREAD_ROUTINE] = {OBJECT_THREAD, match_thread_routine, explain_thread_routine, true},
    [KIND_THREAD_ARGUMENT] = {OBJECT_THREAD, match_thread_argument, explain_thread_argument, true},
    [KIND_THREAD_REQUESTED] = {OBJECT_THREAD, match_thread_requested, explain_thread_requested,
                               true},
    [KIND_THREAD_STACK] = {OBJECT_FRAME, match_thread_stack, explain_thread_stack, false},
    [KIND_EXIT_HANDLER] = {OBJECT_REGISTRATION, match_registration, explain_exit_handler, true},
    [KIND_FORK_HANDLER] = {OBJECT_REGISTRATION, match_registration, explain_fork_handler, true},
    [KIND_TIMER] = {OBJECT_REGISTRATION, match_registration, explain_timer, true},
    [KIND_HOOK] = {OBJECT_REGISTRATION, match_registration, explain_hook, true},
    [KIND_ENVIRONMENT] = {OBJECT_REGISTRATION, match_registration, explain_environment, true},
    [KIND_POINTER] = {OBJECT_SLOT, match_pointer, explain_pointer, false},
    [KIND_HEAP_LOST] = {OBJECT_HEAP, match_heap_lost, explain_heap_lost, false},
    [KIND_HEAP_HELD] = {OBJECT_HEAP, match_heap_held, explain_heap_held, false},
    [KIND_TASK_VALUE] = {OBJECT_TASK, match_task_value, explain_task_value, false},
    [KIND_SIGNAL_HANDLER] = {OBJECT_SIGNAL, match_signal_handler, explain_signal_handler, true},
    [KIND_SIGNAL_STACK] = {OBJECT_REGISTRATION, match_registration, explain_signal_stack, true},
    [KIND_UNWIND_FRAMES] = {OBJECT_REGISTRATION, match_registration, explain_unwind_frames, true},
    [KIND_STILL_MAPPED] = {OBJECT_MODULE, match_still_mapped, explain_still_mapped, false},
    /* Its message names its reasons, as that of a module with others. */
    [KIND_TLS_DESTRUCTOR] = {OBJECT_MODULE, match_tls_destructor, explain_still_mapped, false},
    [KIND_HANDLE] = {OBJECT_MODULE, match_handle, explain_handle, false},
};

void rules_explain(const struct finding *finding, struct text *message)
{
    rules[finding->kind].explain(finding, message);
    if (finding->object.closed)
        text_add(message, " (As long as the module stays mapped, none of that can happen.)");
}

static void check_keys_locked(struct found *found)
{
    for (uint32_t i = 0; i < keys_end; i++)
        if (key_is_live(atomic_load(&keys[i].generation)))
            found_apply(&(struct subject){.type = OBJECT_KEY, .number = i, .key = &keys[i]}, found);
}

static void check_signals_locked(struct found *found)
{
    for (uint32_t i = 1; i <= ACTION_SIGNALS; i++)
        if (dispositions[i].handler.pc)
            found_apply(&(struct subject){.type = OBJECT_SIGNAL, .number = i}, found);
}

static void check_value_locked(struct thread *thread, uint32_t number, struct found *found)
{
    struct value *value = thread_value(thread, number);
    const struct key *key = &keys[number];
    if (!key_is_live(atomic_load(&key->generation)) || !value_is_current(value, key))
        return;
    struct target target = target_of((uintptr_t)atomic_load(&value->pointer), value->epoch);
    if (target.kind != TARGET_NONE && thread_is_live(thread))
        found_apply(&(struct subject){.type = OBJECT_VALUE,
                                      .number = number,
                                      .key = key,
                                      .thread = thread,
                                      .value = value,
                                      .target = &target},
                    found);
    target_release(&target);
}

/* Whether any of what the rules look at was left: thread_is_live costs a system call. */
static bool is_suspect(const struct thread *thread, const struct target *target)
{
    return module_is_left(thread->routine.module) || module_is_left(thread->argument_image) ||
           module_is_left(thread->requester) || target->kind != TARGET_NONE;
}

static void check_thread_locked(struct thread *thread, struct found *found)
{
    struct target target = {0};
    if (thread->argument_site)
        target = target_of(thread->argument, 0);
    if (thread->seen_to_start && is_suspect(thread, &target) && thread_is_live(thread))
        found_apply(&(struct subject){.type = OBJECT_THREAD, .thread = thread, .target = &target},
                    found);
    target_release(&target);
}

void rules_check(bool unseen, rules_known *known, rules_sink *sink, void *data)
{
    struct found found = {.known = known};
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    check_keys_locked(&found);
    check_signals_locked(&found);
    for (struct thread *thread = threads; thread; thread = thread->next) {
        check_thread_locked(thread, &found);
        for (uint32_t i = 0; i < keys_end; i++)
            check_value_locked(thread, i, &found);
    }
    found_registrations_locked(NULL, &found);
    found_environment_locked(unseen, &found);
    found_handles_locked(false, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}

void rules_check_unseen(rules_known *known, rules_sink *sink, void *data)
{
    struct found found = {.known = known};
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    check_signals_locked(&found);
    found_environment_locked(true, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}

void rules_check_closing(const struct module *module, rules_sink *sink, void *data)
{
    struct found found = {0};
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (thread->routine.module == module && thread_is_live(thread))
            found_apply(
                &(struct subject){
                    .type = OBJECT_THREAD, .thread = thread, .closing = true, .candidate = module},
                &found);
    found_registrations_locked(module, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}

/* --- deletions
 * --------------------------------------------------------------------------------------------------
 */

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
    found_apply(&(struct subject){.type = OBJECT_DELETION,
                                  .number = deletion->number,
                                  .key = deletion->was,
                                  .deletion = &complete},
                &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}

/* --- tasks
 * ------------------------------------------------------------------------------------------------------
 */

static void apply_to_left_locked(struct thread *thread, uint32_t number, uintptr_t read_at,
                                 struct found *found)
{
    found_apply(&(struct subject){.type = OBJECT_TASK,
                                  .number = number,
                                  .key = &keys[number],
                                  .thread = thread,
                                  .value = thread_value(thread, number),
                                  .left = &thread->tasks->values[number],
                                  .reader = read_at ? thread->tasks->current : NULL,
                                  .read_at = read_at},
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
        if (values[i].setter != thread->tasks->current || values[i].told_left ||
            !task_value_is_left(thread, i))
            continue;
        values[i].told_left = thread->tasks->has_told = true;
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
    thread->tasks->values[number].told_read = true;
    apply_to_left_locked(thread, number, at, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
