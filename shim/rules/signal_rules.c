// SPDX-License-Identifier: MIT
/* What handles signals. */
#include "registry/signals.h"
#include "rules/rules.h"
#include "rules/words.h"

bool match_signal_handler(const struct subject *subject, struct finding *finding)
{
    const struct disposition *disposition = &dispositions[subject->number];
    if (!module_is_left(disposition->handler.module))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = SEVERITY_ERROR;
    finding->signal = (int)subject->number;
    finding->module = module_ref(disposition->handler.module);
    finding->owner = module_ref(disposition->owner);
    finding->requester = module_ref(disposition->requester);
    finding->function = disposition->handler;
    module_ref(disposition->handler.module);
    finding->stack = stack_copy(disposition->stack);
    return true;
}

void explain_signal_handler(const struct finding *finding, struct text *message)
{
    char name[ACTION_NAME_MAX];
    action_name(finding->signal, name);
    word_fate(message, finding);
    text_printf(message, "%s still has its handler ", name);
    word_function(message, &finding->function);
    if (finding->owner && finding->owner != finding->module) {
        text_add(message, " (set by ");
        word_module(message, finding->owner);
        text_add(message, ")");
    }
    text_printf(message,
                ". The disposition was not restored before. The next %s jumps into unmapped "
                "memory. Keep what sigaction says was there before, and set that again in the "
                "module's stop function or in a destructor.",
                name);
}
