// SPDX-License-Identifier: MIT
#include "rules/found.h"
#include "base/arena.h"
#include "base/dropped.h"
#include "rules/rule.h"

#include <string.h>

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

static void soften(struct finding *finding, enum when_closed when_closed)
{
    bool is_mistake = when_closed == CLOSED_WARNING && !module_is_to_stay(finding->module);
    finding->object.closed = finding->module->id;
    finding->verdict = VERDICT_HELD;
    finding->severity = is_mistake ? SEVERITY_WARNING : SEVERITY_NOTE;
}

static bool is_known(const struct found *found, const struct object *object)
{
    return found->known && found->known(object);
}

/* False, and nothing is kept: there is none, or it is known. */
static bool match(const struct subject *subject, const struct found *found, struct finding *finding)
{
    const struct rule *rule = rules[finding->kind];
    if (is_known(found, &finding->object) || !rule->match(subject, finding))
        return false;
    if (rule->when_closed && module_is_closed(finding->module) && !finding->pending) {
        soften(finding, rule->when_closed);
        if (is_known(found, &finding->object)) {
            finding_release(finding);
            return false;
        }
    }
    return true;
}

void found_apply(const struct subject *subject, struct found *found)
{
    const struct object_class *class = subject->class;
    if (class->is_ignored && class->is_ignored(subject))
        return;
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        if (rules[kind]->class != class)
            continue;
        struct finding finding = {.kind = kind, .object = object_make(kind)};
        class->identify(subject, &finding.object);
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
        if (found->findings[i].tid && !found->findings[i].thread_name[0])
            thread_name(found->findings[i].tid, found->findings[i].thread_name);
        sink(&found->findings[i], data);
    }
    arena_free(found->findings, found->capacity * sizeof *found->findings);
}
