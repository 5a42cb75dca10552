// SPDX-License-Identifier: MIT
/* Calls that delete keys. */
#include "ownership/caller.h"
#include "rules/key_rules.h"
#include "rules/rule.h"
#include "rules/rules.h"
#include "rules/words.h"

#include <errno.h>

/* The module made the key, for itself or for another one. */
static bool had_a_part(const struct key *key, const struct module *module)
{
    return module == key->owner || module == key->requester || module == key->maker;
}

/* True if the owner calls the deleter, a library that it was linked with: the library deletes on
 * its behalf. */
static bool acts_for(const struct stack *stack, const struct module *deleter,
                     const struct module *owner)
{
    for (uint32_t i = 0; i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->module != deleter)
            return frame->module == owner && caller_is_linked(frame->pc);
    }
    return false;
}

static bool match_key_foreign(const struct subject *subject, struct finding *finding)
{
    const struct deletion *deletion = subject->deletion;
    const struct key *was = deletion->was;
    const struct frame *deleter = stack_owner(deletion->stack);
    bool not_live = deletion->error == EINVAL;
    bool foreign = !deletion->error && deletion->deleter_named && deleter && was->owner &&
                   !module_is_unloaded(was->owner) && !had_a_part(was, deleter->module) &&
                   !acts_for(deletion->stack, deleter->module, was->owner);
    if (!not_live && !foreign)
        return false;
    finding->verdict = VERDICT_MISUSE;
    finding->severity = SEVERITY_WARNING; /* until the owner uses the key: key_robbed() */
    finding->module = module_ref(deleter ? deleter->module : NULL);
    finding->deletion.error = deletion->error;
    key_copy(was, finding);
    finding->deletion.live = keys_live_locked();
    finding->stack = stack_copy(deletion->stack);
    return true;
}

static void explain_key_foreign(const struct finding *finding, struct message *message)
{
    word_module(&message->cause, finding->module);
    text_printf(&message->cause, " deleted pthread key %u, which ", finding->object.deletion.key);
    if (finding->deletion.error) {
        text_add(&message->cause, "is not live: it was never created, or is deleted already");
        text_add(&message->consequence, "Had another module got this number meanwhile, that module "
                                        "would have lost its key");
        text_add(&message->fix, "Call pthread_key_delete once for each pthread_key_create that "
                                "succeeded");
        if (finding->object.deletion.key == 0)
            text_add(&message->fix, "; 0 is what a key that was never created often holds");
        return;
    }
    word_module(&message->cause, finding->owner);
    text_add(&message->cause, " created and still counts on");
    text_add(&message->consequence,
             finding->severity == SEVERITY_ERROR
                 ? "That module has used the key since: its values are lost, or land in the key of "
                   "whoever got the number next"
                 : "The values of that module are lost, and what it sets next may land in the key "
                   "of whoever gets the number");
    text_add(&message->fix, "Let only ");
    word_identity(&message->fix, finding->owner);
    text_add(&message->fix, " delete the key; often a variable that was never set, or was not "
                            "reset after an earlier delete, holds the number of somebody else's "
                            "key");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->deletion.key = subject->deletion->number;
    object->deletion.serial = subject->deletion->serial;
}

static bool is_ignored(const struct subject *subject)
{
    return subject->deletion->was->ignored;
}

static void write_subject(struct text *text, const struct finding *finding)
{
    key_write(text, finding, finding->object.deletion.key, finding->deletion.live);
}

const struct object_class deletion_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .write_subject = write_subject,
    .is_of_event = true,
};

const struct rule rule_KEY_FOREIGN = {&deletion_class, match_key_foreign, explain_key_foreign,
                                      CLOSED_NOTHING};
