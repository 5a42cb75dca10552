// SPDX-License-Identifier: MIT
/* The rules of all kinds, and what is asked of a finding's or an object's kind. */
#include "registry/registry.h"
#include "rules/paths.h"
#include "rules/rule.h"
#include "rules/rules.h"

#define RULE_OF(name, ...) &rule_##name,
const struct rule *const rules[KIND_COUNT] = {DLPIN_KINDS(RULE_OF)};

static void end_sentence(struct text *part)
{
    if (part->length > 0 && part->data[part->length - 1] != '.')
        text_add(part, ".");
}

void rules_explain(const struct finding *finding, struct message *message)
{
    rules[finding->kind]->explain(finding, message);
    if (finding->object.closed && message->consequence.length == 0)
        text_add(&message->consequence, "This is safe only as long as the module stays mapped");
    end_sentence(&message->cause);
    end_sentence(&message->consequence);
    end_sentence(&message->fix);
}

const char how_reopened[] = "the module was opened again";

/* After the unmapping the object has another finding. */
static void closed_holds(const struct object *object, const char **how)
{
    const struct module *module = modules_by_id(object->closed);
    if (!module || module_is_unloaded(module))
        *how = "the module was unmapped";
    else if (!module_is_closed(module))
        *how = how_reopened;
}

bool rules_still_holds(const struct object *object, const char **how)
{
    const struct object_class *class = class_of(object);
    *how = NULL;
    if (object->closed)
        closed_holds(object, how);
    if (*how)
        return false;
    if (!class->still_holds || !lock_acquire(&registry_lock))
        return true;
    class->still_holds(object, how);
    lock_release(&registry_lock);
    return !*how;
}

void finding_release(struct finding *finding)
{
    const struct object_class *class = rules[finding->kind]->class;
    module_unref(finding->module);
    module_unref(finding->owner);
    module_unref(finding->requester);
    module_unref(finding->function.module);
    stack_free(finding->stack);
    path_free(finding->path);
    if (class->release)
        class->release(finding);
    finding->stack = NULL;
    finding->path = NULL;
}
