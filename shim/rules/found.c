// SPDX-License-Identifier: MIT
#include "rules/found.h"
#include "base/dropped.h"
#include "registry/signals.h"
#include "registry/tasks.h"
#include "rules/paths.h"
#include "rules/stacks.h"

#include <string.h>

void finding_release(struct finding *finding)
{
    module_unref(finding->module);
    module_unref(finding->owner);
    module_unref(finding->requester);
    module_unref(finding->function.module);
    module_unref(finding->via.module);
    stack_free(finding->stack);
    path_free(finding->path);
    task_unref(finding->task);
    task_unref(finding->reader);
    if (finding->holders)
        holders_release(finding->holders);
    arena_free(finding->holders, sizeof *finding->holders);
    finding->holders = NULL;
    finding->stack = NULL;
    finding->path = NULL;
    finding->task = finding->reader = NULL;
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
    if (subject->opened)
        object.word = subject->opened;
    if (subject->deletion)
        object.generation = subject->deletion->serial;
    else if (subject->key)
        object.generation = subject->key->generation;
    if (subject->registration) {
        object.generation =
            subject->registration->serial ? 0 : (uint32_t)subject->registration->identity;
        object.thread = subject->registration->serial;
        object.word = subject->registration->data ? subject->registration->data
                                                  : subject->registration->functions[0].pc;
    }
    if (subject->type == OBJECT_SIGNAL)
        object.generation = dispositions[subject->number].generation;
    if (subject->thread && !subject->deletion)
        object.thread = subject->thread->serial;
    if (subject->type == OBJECT_TASK)
        object.word = subject->left->setter->serial;
    if (subject->type == OBJECT_VALUE)
        object.word = (uintptr_t)atomic_load(&subject->value->pointer);
    if (subject->passage) {
        object.key = (uint32_t)subject->passage->tid;
        object.thread = subject->passage->slot;
        object.word = subject->passage->pc;
        return object;
    }
    if (subject->type == OBJECT_SLOT || subject->type == OBJECT_HEAP) {
        const struct result *result = subject->retained->result;
        bool is_slot = subject->type == OBJECT_SLOT;
        /* Not whose a slot's word is: a later module at the same place is not told of an old one.
         */
        object.generation = result->site;
        object.thread = is_slot ? result->path[result->steps - 1].slot : 0;
        if (is_slot && result->site) {
            const struct in_block *place = &subject->retained->place;
            object.thread = place->slot;
            object.key = (uint32_t)((place->slot - place->start) / sizeof(uintptr_t));
        }
        object.word = is_slot ? result->word : result->start;
    }
    return object;
}

/* Made between dlpin_ignore_begin and dlpin_ignore_end. */
static bool is_ignored(const struct subject *subject)
{
    if (subject->key && subject->key->ignored)
        return true;
    if (subject->type == OBJECT_VALUE)
        return subject->value->epoch == VALUE_IGNORED;
    if (subject->registration)
        return subject->registration->ignored;
    if (subject->type == OBJECT_SIGNAL)
        return dispositions[subject->number].ignored;
    return subject->type == OBJECT_THREAD && subject->thread->ignored;
}

/* As long as the module stays mapped, nothing dangles and nothing is lost. But a thread that goes
 * on in a plug-in that was stopped is a mistake, whatever becomes of the code; unless somebody
 * asked for the module to stay, which is how its threads are kept alive. */
static void soften(struct finding *finding)
{
    bool is_thread = finding->kind == KIND_THREAD_ROUTINE || finding->kind == KIND_THREAD_ARGUMENT;
    finding->object.closed = finding->module->id;
    finding->verdict = VERDICT_HELD;
    finding->severity =
        is_thread && !module_is_to_stay(finding->module) ? SEVERITY_WARNING : SEVERITY_NOTE;
}

static bool is_known(const struct found *found, const struct object *object)
{
    return found->known && found->known(object);
}

/* False, and nothing is kept: there is none, or it is known. */
static bool match(const struct subject *subject, const struct found *found, struct finding *finding)
{
    const struct rule *rule = &rules[finding->kind];
    if (is_known(found, &finding->object) || !rule->match(subject, finding))
        return false;
    if (rule->of_what_is_left && module_is_closed(finding->module) && !finding->pending) {
        soften(finding);
        if (is_known(found, &finding->object)) {
            finding_release(finding);
            return false;
        }
    }
    return true;
}

void found_apply(const struct subject *subject, struct found *found)
{
    for (unsigned kind = 0; kind < KIND_COUNT && !is_ignored(subject); kind++) {
        if (rules[kind].type != subject->type)
            continue;
        struct finding finding = {.kind = kind, .object = object_of(subject, kind)};
        if (!match(subject, found, &finding))
            continue;
        if (grow(found))
            found->findings[found->count++] = finding;
        else
            finding_release(&finding);
    }
}

void found_hand_on(struct found *found, rules_sink *sink, void *data)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->findings[i].tid)
            thread_name(found->findings[i].tid, found->findings[i].thread_name);
        sink(&found->findings[i], data);
    }
    arena_free(found->findings, found->capacity * sizeof *found->findings);
}
