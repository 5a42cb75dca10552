// SPDX-License-Identifier: MIT
/*
 * The rules: one row for each kind, rule_KIND, in the file of the rules of its class.
 *
 * `match` sees one object of the registry, under the registry lock, and fills a finding if the
 * object is of its kind; it takes references for what it copies. `explain` writes the finding's
 * message later, without any lock; it may read files for names. Of a module that is closed and
 * still mapped it need not write a consequence.
 */
#ifndef DLPIN_RULES_RULE_H
#define DLPIN_RULES_RULE_H

#include "rules/class.h"
#include "rules/message.h"

typedef bool rule_match(const struct subject *subject, struct finding *finding);
typedef void rule_explain(const struct finding *finding, struct message *message);

/* As long as a module is closed and still mapped nothing dangles, and nothing is lost. */
enum when_closed {
    CLOSED_NOTHING, /* the kind is not about closed modules, or about nothing else */
    CLOSED_NOTE,    /* it is held, and that is a note; */
    CLOSED_WARNING, /* a mistake all the same, unless somebody asked for the module to stay */
};

struct rule {
    const struct object_class *class;
    rule_match *match;
    rule_explain *explain;
    enum when_closed when_closed;
};

#define DLPIN_RULE_DECLARATION(name, ...) extern const struct rule rule_##name;
DLPIN_KINDS(DLPIN_RULE_DECLARATION)

extern const struct rule *const rules[KIND_COUNT];

static inline const struct object_class *class_of(const struct object *object)
{
    return rules[object->kind]->class;
}

extern const struct object_class key_class, value_class, thread_class, deletion_class,
    left_values_class, slot_class, registry_class, heap_class, frame_class, wait_class, mutex_class,
    registration_class, task_class, signal_class, module_class, descriptor_class, mapping_class;

#endif
