// SPDX-License-Identifier: MIT
/* Values that deleted keys left behind. */
#include "registry/left_values.h"
#include "rules/key_rules.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"

#include <string.h>

static bool match_key_orphan(const struct subject *subject, struct finding *finding)
{
    const struct left_values *left = subject->left_values;
    const struct left_block *first = &left->blocks[0];
    finding->verdict = VERDICT_LOST;
    finding->left_values.is_reached = left_values_are_reached(left);
    finding->severity = left->was.destructor.pc && !finding->left_values.is_reached
                            ? SEVERITY_WARNING
                            : SEVERITY_NOTE;
    finding->before_exit = left->before_exit;
    finding->module = module_ref(left->was.owner);
    key_copy(&left->was, finding);
    finding->stack = stack_copy(left->stack);
    finding->tid = first->tid;
    memcpy(finding->thread_name, left->thread_name, sizeof finding->thread_name);
    finding->address = first->value;
    finding->place = PLACE_BLOCK;
    finding->bytes = first->size;
    finding->left_values.live = left->live;
    finding->left_values.others = left->count - 1;
    return true;
}

static void explain_key_orphan(const struct finding *finding, struct message *message)
{
    const char *s = finding->left_values.others ? "s" : "";
    text_printf(&message->cause, "pthread key %u of ", finding->object.left_values.key);
    word_module(&message->cause, finding->module);
    text_add(&message->cause, " was deleted while ");
    word_thread(&message->cause, finding);
    if (finding->left_values.others)
        text_printf(&message->cause, " and %u more", finding->left_values.others);
    text_printf(&message->cause, " still had a value for it, %lx, ",
                (unsigned long)finding->address);
    word_bytes(&message->cause, finding->bytes);
    if (finding->function.pc) {
        text_add(&message->consequence, "pthread_key_delete runs no destructors: ");
        word_function(&message->consequence, &finding->function);
        text_printf(&message->consequence, " will not run for the value%s, and ", s);
        if (finding->left_values.is_reached)
            text_printf(&message->consequence,
                        "the block%s must be freed by whoever still points there", s);
        else
            text_printf(&message->consequence, "nobody frees the block%s", s);
    } else {
        text_printf(&message->consequence, "Nobody frees the block%s, unless others know %s", s,
                    *s ? "them" : "it");
    }
    text_add(&message->fix,
             "Let each thread free its value and call pthread_setspecific with NULL, "
             "or end, before pthread_key_delete is called");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->left_values.key = subject->left_values->number;
    object->left_values.serial = subject->left_values->serial;
    object->left_values.is_reached = left_values_are_reached(subject->left_values);
}

static void still_holds(const struct object *object, const char **how)
{
    const struct left_values *left = left_values_find_locked(object->left_values.serial);
    if (!left)
        *how = "the memory was freed";
    else if (object->left_values.is_reached != left_values_are_reached(left))
        *how = object->left_values.is_reached ? "nothing leads there any more"
                                              : "something leads there";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    key_write(text, finding, finding->object.left_values.key, finding->left_values.live);
    subject_thread(text, finding);
    subject_address(text, finding, "address");
}

const struct object_class left_values_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .is_of_event = true,
};

const struct rule rule_KEY_ORPHAN = {&left_values_class, match_key_orphan, explain_key_orphan,
                                     CLOSED_NOTHING};
