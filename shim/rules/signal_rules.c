// SPDX-License-Identifier: MIT
/* Handlers of signals. */
#include "base/json.h"
#include "ownership/frame_json.h"
#include "registry/signals.h"
#include "rules/rule.h"
#include "rules/words.h"

static bool match_signal_handler(const struct subject *subject, struct finding *finding)
{
    const struct disposition *disposition = &dispositions[subject->signal.number];
    if (!module_is_left(disposition->handler.module))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = SEVERITY_ERROR;
    finding->module = module_ref(disposition->handler.module);
    finding->owner = module_ref(disposition->owner);
    finding->requester = module_ref(disposition->requester);
    finding->function = disposition->handler;
    module_ref(disposition->handler.module);
    finding->stack = stack_copy(disposition->stack);
    return true;
}

static void explain_signal_handler(const struct finding *finding, struct message *message)
{
    char name[ACTION_NAME_MAX];
    action_name((int)finding->object.signal.number, name);
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "%s still has its handler ", name);
    word_function(&message->cause, &finding->function);
    if (finding->owner && finding->owner != finding->module) {
        text_add(&message->cause, ", set by ");
        word_module(&message->cause, finding->owner);
    }
    if (!finding->object.closed)
        text_printf(&message->consequence,
                    "The next %s jumps into unmapped memory, and the process dies", name);
    text_printf(&message->fix, "Call sigaction for %s with the disposition that was there before,",
                name);
    word_undo(&message->fix, finding);
}

static void identify(const struct subject *subject, struct object *object)
{
    object->signal.number = subject->signal.number;
    object->signal.generation = dispositions[subject->signal.number].generation;
}

static bool is_ignored(const struct subject *subject)
{
    return dispositions[subject->signal.number].ignored;
}

static void still_holds(const struct object *object, const char **how)
{
    if (dispositions[object->signal.number].generation != object->signal.generation)
        *how = "the signal has another disposition";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    char name[ACTION_NAME_MAX];
    action_name((int)finding->object.signal.number, name);
    json_number(text, "signal", finding->object.signal.number);
    json_string(text, "signal_name", name);
    json_frame_member(text, "function", &finding->function);
}

static void add_signature(struct text *text, const struct finding *finding)
{
    char name[ACTION_NAME_MAX];
    action_name((int)finding->object.signal.number, name);
    text_printf(text, "|%s", name);
    word_signature(text, &finding->function);
}

const struct object_class signal_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .add_signature = add_signature,
};

const struct rule rule_SIGNAL_HANDLER = {&signal_class, match_signal_handler,
                                         explain_signal_handler, CLOSED_NOTE};
