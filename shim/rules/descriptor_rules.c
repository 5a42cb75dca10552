// SPDX-License-Identifier: MIT
/* Descriptors that a module opened and that are still open. */
#include "base/json.h"
#include "rules/rule.h"
#include "rules/words.h"
#include "scan/library.h"
#include "scan/target.h"

#include <string.h>

static bool match_descriptor(const struct subject *subject, struct finding *finding)
{
    const struct descriptor *descriptor = subject->descriptor;
    const struct site *site = site_get(descriptor->site);
    struct module *module = site_left(site);
    if (!module || library_keeps(site) || !descriptor_name(descriptor, finding->descriptor.name))
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

static const char *closing_call(const char *opening)
{
    static const struct {
        const char *opening, *closing;
    } pairs[] = {
        {"fopen", "fclose"},
        {"tmpfile", "fclose"},
        {"popen", "pclose"},
        {"opendir", "closedir"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        if (strcmp(pairs[i].opening, opening) == 0)
            return pairs[i].closing;
    return "close";
}

/* The C++ library has the FILE, and nobody else: inside a std::filebuf. */
static bool is_of_stream(const struct finding *finding)
{
    return words_stack_names(finding->stack, "basic_file");
}

static void explain_descriptor(const struct finding *finding, struct message *message)
{
    bool is_shared = finding->verdict == VERDICT_HELD && !finding->object.closed;
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "descriptor %d", finding->descriptor.number);
    if (finding->descriptor.name[0])
        text_printf(&message->cause, " (%s)", finding->descriptor.name);
    text_printf(&message->cause, ", which it opened with %s, is still open",
                finding->descriptor.call);
    if (is_shared)
        text_add(&message->consequence,
                 "Another module used it, or it was used after the unload: if that user closes it, "
                 "all is well");
    else if (!finding->object.closed)
        text_add(&message->consequence, "Nobody is left who would close it; each load of the "
                                        "module leaves one, until the process may open no more "
                                        "files");
    else
        text_add(&message->consequence, "The module is still mapped and may use it; each opening "
                                        "may leave one more");
    if (is_of_stream(finding))
        text_printf(&message->fix, "%sClose the C++ file stream, or delete the object that has it,",
                    is_shared ? "If its user does not: " : "");
    else
        text_printf(&message->fix, "%s %s", is_shared ? "If its user does not, call" : "Call",
                    closing_call(finding->descriptor.call));
    word_undo(&message->fix, finding);
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

/* The same call may open a descriptor that is lost and one that is not. */
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
