// SPDX-License-Identifier: MIT
/* Applies the rules to the registries. */
#include "base/dropped.h"
#include "registry/descriptors.h"
#include "registry/left_values.h"
#include "registry/mappings.h"
#include "registry/signals.h"
#include "rules/found.h"
#include "rules/module_checks.h"
#include "rules/registration_checks.h"
#include "rules/rule.h"
#include "scan/target.h"

static void check_keys_locked(struct found *found)
{
    for (uint32_t i = 0; i < keys_end; i++)
        if (key_is_live(atomic_load(&keys[i].generation)))
            found_apply(
                &(struct subject){.class = &key_class, .key = {.number = i, .key = &keys[i]}},
                found);
}

static void check_signals_locked(struct found *found)
{
    for (uint32_t i = 1; i <= ACTION_SIGNALS; i++)
        if (dispositions[i].handler.pc)
            found_apply(&(struct subject){.class = &signal_class, .signal = {.number = i}}, found);
}

static void check_descriptor_locked(struct descriptor *descriptor, void *found)
{
    if (descriptor->is_compared)
        found_apply(&(struct subject){.class = &descriptor_class, .descriptor = descriptor}, found);
}

static void check_left_values_locked(struct left_values *left, void *found)
{
    found_apply(&(struct subject){.class = &left_values_class, .left_values = left}, found);
}

static void check_mapping_locked(struct mapped *mapped, void *found)
{
    if (mapped->reach != REACH_UNKNOWN)
        found_apply(&(struct subject){.class = &mapping_class, .mapped = mapped}, found);
}

static void check_value_locked(struct thread *thread, uint32_t number, struct found *found)
{
    struct value *value = thread_value(thread, number);
    const struct key *key = &keys[number];
    if (!key_is_live(atomic_load(&key->generation)) || !value_is_current(value, key))
        return;
    struct target target = target_of((uintptr_t)atomic_load(&value->pointer), value->epoch);
    if (target.kind != TARGET_NONE && thread_is_live(thread))
        found_apply(&(struct subject){.class = &value_class,
                                      .value = {.number = number,
                                                .key = key,
                                                .thread = thread,
                                                .value = value,
                                                .target = &target}},
                    found);
    target_release(&target);
}

/* True if a module that the rules check was left: thread_is_live costs a system call. */
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
        found_apply(&(struct subject){.class = &thread_class,
                                      .thread = {.thread = thread, .target = &target}},
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
    if (unseen)
        found_epolls_locked(&found);
    left_values_each_locked(check_left_values_locked, &found);
    descriptors_each_locked(check_descriptor_locked, &found);
    mappings_each_locked(check_mapping_locked, &found);
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
    found_epolls_locked(&found);
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
            found_apply(&(struct subject){.class = &thread_class,
                                          .closing = true,
                                          .candidate = module,
                                          .thread = {.thread = thread}},
                        &found);
    found_registrations_locked(module, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
