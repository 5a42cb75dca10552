// SPDX-License-Identifier: MIT
/* Descriptors that a module opened and that are still open. */
#include "base/json.h"
#include "rules/rule.h"
#include "rules/words.h"
#include "scan/target.h"

static bool match_descriptor(const struct subject *subject, struct finding *finding)
{
    const struct descriptor *descriptor = subject->descriptor;
    const struct site *site = site_get(descriptor->site);
    struct module *module = site_left(site);
    if (!module || !descriptor_name(descriptor, finding->descriptor.name))
        return false;
    finding->verdict = descriptor->is_shared ? VERDICT_HELD : VERDICT_LOST;
    finding->severity = descriptor->is_shared ? SEVERITY_NOTE : SEVERITY_WARNING;
    finding->module = module_ref(module);
    finding->owner = module_ref(site->owner.module);
    finding->requester = module_ref(site->requester.module);
    finding->stack = site->stack ? stack_copy(site->stack) : NULL;
    finding->descriptor.number = descriptor->number;
    finding->descriptor.call = descriptor->call;
    return true;
}

static void explain_descriptor(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    text_printf(message, "the descriptor %d", finding->descriptor.number);
    if (finding->descriptor.name[0])
        text_printf(message, " (%s)", finding->descriptor.name);
    text_printf(message, ", which it opened here with %s, is still open", finding->descriptor.call);
    if (finding->verdict == VERDICT_HELD && !finding->object.closed)
        text_add(message,
                 ", and somebody else has it: it was used by another module, or since the module "
                 "was unloaded. If that one closes it, all is well.");
    else
        text_add(message,
                 ". Nobody is left who would close it. Each load of the module leaves one, until "
                 "the process may open no more files. Close it in the module's stop function or in "
                 "a destructor.");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->descriptor.serial = subject->descriptor->serial;
    object->descriptor.is_shared = subject->descriptor->is_shared;
}

static void still_holds(const struct object *object, const char **how)
{
    const struct descriptor *descriptor = descriptor_by_serial_locked(object->descriptor.serial);
    if (!descriptor || !descriptor_is_open(descriptor))
        *how = "the descriptor was closed";
    else if (descriptor->is_shared && !object->descriptor.is_shared)
        *how = "somebody else used the descriptor";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_number(text, "number", (uint64_t)finding->descriptor.number);
    json_string(text, "call", finding->descriptor.call);
    if (finding->descriptor.name[0])
        json_string(text, "name", finding->descriptor.name);
}

/* One call may open one that is lost and one that is not. */
static void add_signature(struct text *text, const struct finding *finding)
{
    if (finding->verdict == VERDICT_HELD)
        text_add(text, "|held");
}

const struct object_class descriptor_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .add_signature = add_signature,
};

const struct rule rule_DESCRIPTOR = {&descriptor_class, match_descriptor, explain_descriptor,
                                     CLOSED_NOTE};
