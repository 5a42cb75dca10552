// SPDX-License-Identifier: MIT
#include "rules/rules.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "modules/symbols.h"
#include "rules/paths.h"

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
    [KIND_POINTER] = {OBJECT_SLOT, match_pointer, explain_pointer},
    [KIND_HEAP_LOST] = {OBJECT_HEAP, match_heap_lost, explain_heap_lost},
    [KIND_HEAP_HELD] = {OBJECT_HEAP, match_heap_held, explain_heap_held},
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
    path_free(finding->path);
    finding->stack = NULL;
    finding->path = NULL;
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
    if (subject->type == OBJECT_SLOT || subject->type == OBJECT_HEAP) {
        const struct result *result = subject->retained->result;
        bool is_slot = subject->type == OBJECT_SLOT;
        /* Not whose a slot's word is: a later module at the same place is not told of an old one.
         */
        object.generation = result->site;
        object.thread = is_slot ? result->path[result->steps - 1].slot : 0;
        object.word = is_slot ? result->word : result->start;
    }
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

/* --- what a scan found
 * ------------------------------------------------------------------------------------- */

static bool block_is_there(uintptr_t start, uint32_t site)
{
    struct heap_block block;
    return heap_find(start, &block) && block.start == start && block.site == site;
}

/* The program went on while the scan was under way. */
static bool result_holds(const struct result *result)
{
    uintptr_t word;
    if (result->kind != RESULT_POINTER)
        return block_is_there(result->start, result->site);
    const void *slot = (const void *)result->path[result->steps - 1].slot;
    return (!result->site || block_is_there(result->start, result->site)) &&
           sys_read_memory(slot, &word, sizeof word) == (ssize_t)sizeof word &&
           word == result->word;
}

/* Read-only once the loader has relocated it: where virtual function tables lie. */
static bool in_relro(const struct module *module, uintptr_t address)
{
    for (unsigned i = 0; i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        if (p->p_type == PT_GNU_RELRO && address - module->bias >= p->p_vaddr &&
            address - module->bias - p->p_vaddr < p->p_memsz)
            return true;
    }
    return false;
}

/* The Itanium C++ ABI's name for a table; without names: what the first word of a block points to
 * where tables lie. */
static enum target_class class_of(const struct result *result)
{
    char name[SYMBOL_MAX];
    const struct module *module = result->module;
    if (module_is_code(module, result->word))
        return TARGET_CODE;
    if (!in_relro(module, result->word))
        return TARGET_DATA;
    if (symbol_find(module, result->word, name))
        return !memcmp(name, "_ZTV", 4) ? TARGET_VTABLE : TARGET_DATA;
    bool is_first = result->steps > 1 && result->path[result->steps - 1].slot == result->start;
    return is_first ? TARGET_VTABLE : TARGET_DATA;
}

/* The way begins with a thread's value or argument, and nothing else leads there: then it is a
 * finding of that. */
static void apply_to_thread(const struct retained *retained, struct found *found)
{
    const struct root *root = &retained->result->path[0].root;
    struct subject subject = {.number = root->key, .retained = retained};
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    subject.thread = thread_by_serial_locked(root->thread);
    if (root->kind == ROOT_VALUE && subject.thread) {
        subject.type = OBJECT_VALUE;
        subject.key = &keys[root->key];
        subject.value = thread_value(subject.thread, root->key);
    } else {
        subject.type = OBJECT_THREAD;
    }
    if (subject.thread && thread_is_live(subject.thread) &&
        (subject.type == OBJECT_THREAD || is_current(subject.value, subject.key)))
        apply(&subject, found);
    lock_release(&registry_lock);
}

void rules_check_retained(const struct result *result, rules_known *known, rules_sink *sink,
                          void *data)
{
    struct found found = {.known = known};
    struct retained retained = {.result = result};
    if (!result_holds(result))
        return;
    enum root_kind root = result->steps ? result->path[0].root.kind : ROOT_DATA;
    if (result->kind == RESULT_POINTER)
        retained.target = class_of(result);
    if (root == ROOT_VALUE || root == ROOT_ARGUMENT)
        apply_to_thread(&retained, &found);
    else
        apply(&(struct subject){.type = result->kind == RESULT_POINTER ? OBJECT_SLOT : OBJECT_HEAP,
                                .retained = &retained},
              &found);
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

static void slot_holds(const struct object *object, const char **how)
{
    struct heap_block block;
    uintptr_t word;
    if (object->generation &&
        (!heap_find(object->thread, &block) || block.site != object->generation))
        *how = "the memory was freed";
    else if (sys_read_memory((const void *)(uintptr_t)object->thread, &word, sizeof word) !=
                 (ssize_t)sizeof word ||
             word != object->word)
        *how = "the pointer was replaced";
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
    else if (object->type == OBJECT_SLOT)
        slot_holds(object, how);
    else if (object->type == OBJECT_HEAP && !block_is_there(object->word, object->generation))
        *how = "the memory was freed";
    lock_release(&registry_lock);
    return !*how;
}
