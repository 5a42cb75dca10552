// SPDX-License-Identifier: MIT
#include "rules/rules.h"
#include "base/dropped.h"

#include <string.h>

/* In the order of DLPIN_KINDS. */
const struct rule rules[KIND_COUNT] = {
    [KIND_KEY_DESTRUCTOR] = {OBJECT_KEY, match_key_destructor, explain_key_destructor},
    [KIND_KEY] = {OBJECT_KEY, match_key, explain_key},
    [KIND_KEY_VALUE] = {OBJECT_VALUE, match_key_value, explain_key_value},
    [KIND_KEY_ORPHAN] = {OBJECT_DELETION, match_key_orphan, explain_key_orphan},
    [KIND_KEY_FOREIGN] = {OBJECT_DELETION, match_key_foreign, explain_key_foreign},
    [KIND_THREAD_ROUTINE] = {OBJECT_THREAD, match_thread_routine, explain_thread_routine},
    [KIND_THREAD_ARGUMENT] = {OBJECT_THREAD, match_thread_argument, explain_thread_argument},
    [KIND_THREAD_REQUESTED] = {OBJECT_THREAD, match_thread_requested, explain_thread_requested},
};

/* Findings that were made under the registry lock and are handed on without it. */
struct found {
    rules_known *known; /* NULL: nothing is */
    struct finding *findings;
    size_t count, capacity;
};

void finding_release(struct finding *finding)
{
    module_unref(finding->module);
    module_unref(finding->owner);
    module_unref(finding->requester);
    module_unref(finding->function.module);
    module_unref(finding->via.module);
    stack_free(finding->stack);
    finding->stack = NULL;
}

static bool grow(struct found *found)
{
    if (found->count < found->capacity)
        return true;
    size_t capacity = found->capacity ? found->capacity * 2 : 16;
    struct finding *findings = arena_alloc(capacity * sizeof *findings);
    if (!findings) {
        drop(DROP_FINDING);
        return false;
    }
    if (found->findings)
        memcpy(findings, found->findings, found->count * sizeof *findings);
    arena_free(found->findings, found->capacity * sizeof *findings);
    found->findings = findings;
    found->capacity = capacity;
    return true;
}

static struct object object_of(const struct subject *subject, enum kind kind)
{
    struct object object;
    memset(&object, 0, sizeof object); /* it is compared as bytes */
    object.type = subject->type;
    object.kind = kind;
    if (subject->type != OBJECT_THREAD)
        object.key = subject->number;
    if (subject->deletion)
        object.generation = subject->deletion->serial;
    else if (subject->key)
        object.generation = subject->key->generation;
    if (subject->thread && !subject->deletion)
        object.thread = subject->thread->serial;
    if (subject->type == OBJECT_VALUE)
        object.word = (uintptr_t)atomic_load(&subject->value->pointer);
    return object;
}

static void apply(const struct subject *subject, struct found *found)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        struct finding finding = {.kind = kind, .object = object_of(subject, kind)};
        if (rules[kind].type != subject->type || (found->known && found->known(&finding.object)) ||
            !rules[kind].match(subject, &finding))
            continue;
        if (grow(found))
            found->findings[found->count++] = finding;
        else
            finding_release(&finding);
    }
}

static void hand_on(struct found *found, rules_sink *sink, void *data)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->findings[i].tid)
            thread_name(found->findings[i].tid, found->findings[i].thread_name);
        sink(&found->findings[i], data);
    }
    arena_free(found->findings, found->capacity * sizeof *found->findings);
}

static bool is_current(const struct value *value, const struct key *key)
{
    return value && atomic_load(&value->pointer) &&
           atomic_load(&value->generation) == atomic_load(&key->generation);
}

static void check_keys_locked(struct found *found)
{
    for (uint32_t i = 0; i < KEYS_MAX; i++)
        if (key_is_live(atomic_load(&keys[i].generation)))
            apply(&(struct subject){.type = OBJECT_KEY, .number = i, .key = &keys[i]}, found);
}

static void check_value_locked(struct thread *thread, uint32_t number, struct found *found)
{
    struct value *value = thread_value(thread, number);
    const struct key *key = &keys[number];
    if (!key_is_live(atomic_load(&key->generation)) || !is_current(value, key))
        return;
    struct target target = target_of((uintptr_t)atomic_load(&value->pointer), value->epoch);
    if (target.kind != TARGET_NONE && thread_is_live(thread))
        apply(&(struct subject){.type = OBJECT_VALUE,
                                .number = number,
                                .key = key,
                                .thread = thread,
                                .value = value,
                                .target = &target},
              found);
    target_release(&target);
}

/* Whether any of what the rules look at is gone: thread_is_live costs a system call. */
static bool is_suspect(const struct thread *thread, const struct target *target)
{
    return module_is_unloaded(thread->routine.module) ||
           module_is_unloaded(thread->argument_image) || module_is_unloaded(thread->requester) ||
           target->kind != TARGET_NONE;
}

static void check_thread_locked(struct thread *thread, struct found *found)
{
    struct target target = {0};
    if (thread->argument_site)
        target = target_of(thread->argument, 0);
    if (thread->seen_to_start && is_suspect(thread, &target) && thread_is_live(thread))
        apply(&(struct subject){.type = OBJECT_THREAD, .thread = thread, .target = &target}, found);
    target_release(&target);
}

void rules_check(rules_known *known, rules_sink *sink, void *data)
{
    struct found found = {.known = known};
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    check_keys_locked(&found);
    for (struct thread *thread = threads; thread; thread = thread->next) {
        check_thread_locked(thread, &found);
        for (uint32_t i = 0; i < KEYS_MAX; i++)
            check_value_locked(thread, i, &found);
    }
    lock_release(&registry_lock);
    hand_on(&found, sink, data);
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
            apply(
                &(struct subject){
                    .type = OBJECT_THREAD, .thread = thread, .closing = true, .candidate = module},
                &found);
    lock_release(&registry_lock);
    hand_on(&found, sink, data);
}

bool rules_deletion_is_plain(uint32_t number, const struct key *was, uintptr_t caller)
{
    bool has_value = false;
    if (!was->owner || modules_find(caller - 1) != was->owner || !lock_acquire(&registry_lock))
        return false;
    for (struct thread *thread = threads; thread && !has_value; thread = thread->next)
        has_value = is_current(thread_value(thread, number), was);
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
        if (!is_current(value, deletion->was) || !thread_is_live(thread) ||
            !heap_find((uintptr_t)atomic_load(&value->pointer), &block))
            continue;
        if (complete.blocks++ == 0) {
            complete.thread = thread;
            complete.value = value;
            complete.block = block;
        }
    }
    apply(&(struct subject){.type = OBJECT_DELETION,
                            .number = deletion->number,
                            .key = deletion->was,
                            .deletion = &complete},
          &found);
    lock_release(&registry_lock);
    hand_on(&found, sink, data);
}

/* --- whether it is still so
 * -------------------------------------------------------------------------------- */

static bool value_holds_locked(const struct object *object, const char **how)
{
    struct thread *thread = thread_by_serial_locked(object->thread);
    struct value *value = thread ? thread_value(thread, object->key) : NULL;
    if (!thread || thread_is_gone(thread))
        *how = "the thread ended";
    else if (atomic_load(&keys[object->key].generation) != object->generation)
        *how = "the key was deleted";
    else if (!value || (uintptr_t)atomic_load(&value->pointer) != object->word)
        *how = "the value was replaced";
    return !*how;
}

static bool thread_holds_locked(const struct object *object, const char **how)
{
    const struct thread *thread = thread_by_serial_locked(object->thread);
    struct heap_block block;
    if (!thread || !thread_is_live(thread))
        *how = "the thread ended";
    else if (object->kind == KIND_THREAD_ARGUMENT && thread->argument_site &&
             (!heap_find(thread->argument, &block) || block.site != thread->argument_site))
        *how = "the argument was freed";
    return !*how;
}

bool rules_still_holds(const struct object *object, const char **how)
{
    *how = NULL;
    if (!lock_acquire(&registry_lock))
        return true;
    if (object->type == OBJECT_KEY &&
        atomic_load(&keys[object->key].generation) != object->generation)
        *how = "the key was deleted";
    else if (object->type == OBJECT_VALUE)
        value_holds_locked(object, how);
    else if (object->type == OBJECT_THREAD)
        thread_holds_locked(object, how);
    lock_release(&registry_lock);
    return !*how;
}
