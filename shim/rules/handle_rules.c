// SPDX-License-Identifier: MIT
/* Modules that the program opened and never closed. */
#include "base/arena.h"
#include "modules/handles.h"
#include "registry/opens.h"
#include "rules/rule.h"
#include "rules/words.h"

static bool match_handle(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->module.module;
    const struct frame *opener = stack_requester(subject->module.opener, NULL);
    if (!subject->module.opener || !opener)
        return false;
    bool abandoned = module_is_unloaded(opener->module);
    finding->verdict = VERDICT_PINNED;
    finding->severity = SEVERITY_NOTE;
    finding->owner = module_ref(module);
    finding->requester = module_ref(opener->module);
    finding->module = module_ref(abandoned ? opener->module : module);
    finding->stack = stack_copy(subject->module.opener);
    finding->stay.holders = arena_alloc(sizeof *finding->stay.holders);
    if (finding->stay.holders)
        holders_add(finding->stay.holders, &(struct holder){.reason = REASON_HANDLE,
                                                            .handles = handles_left(module),
                                                            .opens = module->opens->total});
    return finding->stay.holders != NULL;
}

static void explain_handle(const struct finding *finding, struct message *message)
{
    const struct holder *handle = &finding->stay.holders->list[0];
    bool abandoned = finding->module != finding->owner;
    if (abandoned) {
        word_module(&message->cause, finding->module);
        text_add(&message->cause, " was unloaded, and has not closed ");
        word_module(&message->cause, finding->owner);
        text_add(&message->cause, ", which it opened");
    } else {
        word_module(&message->cause, finding->owner);
        text_add(&message->cause, " was opened");
        if (finding->requester) {
            text_add(&message->cause, " by ");
            word_module(&message->cause, finding->requester);
        }
        text_add(&message->cause, " and never closed");
    }
    if (handle->opens > 1)
        text_printf(&message->cause, " (opened %u times, closed %u)", handle->opens,
                    handle->opens - handle->handles);
    word_module(&message->consequence, finding->owner);
    text_add(&message->consequence, " stays mapped until the process ends");
    text_add(&message->fix, "Call dlclose once for each dlopen");
    if (abandoned) {
        word_undo(&message->fix, finding);
    } else if (finding->requester) {
        text_add(&message->fix, " in ");
        word_identity(&message->fix, finding->requester);
        text_add(&message->fix, ", unless the library is meant to stay");
    }
}

const struct rule rule_HANDLE = {&module_class, match_handle, explain_handle, CLOSED_NOTHING};
