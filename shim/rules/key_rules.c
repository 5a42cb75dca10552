// SPDX-License-Identifier: MIT
/* Keys. */
#include "rules/key_rules.h"
#include "base/json.h"
#include "ownership/frame_json.h"
#include "rules/rule.h"
#include "rules/words.h"

void key_copy(const struct key *key, struct finding *finding)
{
    finding->owner = module_ref(key->owner);
    finding->requester = module_ref(key->requester);
    finding->function = key->destructor;
    module_ref(key->destructor.module);
}

static void copy_key(const struct subject *subject, struct finding *finding)
{
    key_copy(subject->key.key, finding);
    finding->key.live = keys_live_locked();
    finding->stack = stack_copy(subject->key.key->stack);
}

static bool match_key_destructor(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->key.key->destructor.module;
    if (!module_is_left(module))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = SEVERITY_ERROR;
    finding->module = module_ref(module);
    copy_key(subject, finding);
    return true;
}

static void explain_key_destructor(const struct finding *finding, struct message *message)
{
    const struct module *creator = finding->owner ? finding->owner : finding->module;
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "pthread key %u still has its destructor ",
                finding->object.key.number);
    word_function(&message->cause, &finding->function);
    if (!finding->object.closed)
        text_add(&message->consequence, "The next thread that ends with a value for this key jumps "
                                        "into unmapped memory, and the process dies");
    if (words_is_of_rust_library(finding)) {
        text_add(&message->fix, "Let the module stay (RTLD_NODELETE): the key is of Rust's "
                                "library in it, which never deletes it");
        return;
    }
    text_add(&message->fix, "Call pthread_key_delete");
    if (creator == finding->module) {
        word_undo(&message->fix, finding);
    } else {
        text_add(&message->fix, " in ");
        word_identity(&message->fix, creator);
        text_add(&message->fix, ", which created the key, before the module is closed");
    }
    text_add(&message->fix, "; threads that live on must clear their values first");
}

/* A library like libuv that made the key on request, and was unloaded with the requester. */
static bool is_common_and_unloaded(const struct module *maker)
{
    return maker && maker->common && module_is_unloaded(maker);
}

/* As libc++ does: it has the key, and uses it again. */
static bool is_kept_by_library(const struct key *key)
{
    return key->library && !module_is_unloaded(key->library);
}

static bool match_key(const struct subject *subject, struct finding *finding)
{
    const struct key *key = subject->key.key;
    if (!module_is_left(key->owner) || module_is_left(key->destructor.module) ||
        is_kept_by_library(key))
        return false;
    finding->verdict = VERDICT_LOST;
    finding->severity = SEVERITY_WARNING;
    copy_key(subject, finding);
    if (is_common_and_unloaded(key->maker)) {
        module_unref(finding->owner);
        module_unref(finding->requester);
        finding->owner = module_ref(key->maker);
        finding->requester = module_ref(key->owner);
    }
    finding->module = module_ref(finding->owner);
    return true;
}

static void explain_key(const struct finding *finding, struct message *message)
{
    word_module(&message->cause, finding->module);
    if (finding->requester && finding->requester != finding->module &&
        module_is_unloaded(finding->requester)) {
        text_add(&message->cause, ", on behalf of ");
        word_module(&message->cause, finding->requester);
        text_add(&message->cause, ",");
    }
    text_printf(&message->cause, " created pthread key %u and was %s without deleting it",
                finding->object.key.number, finding->object.closed ? "closed" : "unloaded");
    if (!finding->object.closed)
        text_add(&message->consequence, "Nobody can delete the key any more");
    else
        text_add(&message->consequence, "The key stays in use");
    text_printf(&message->consequence,
                ": %u of %u keys %s taken, and if each load of the module takes one, "
                "pthread_key_create fails after %u more",
                finding->key.live, (unsigned)KEYS_MAX, finding->key.live == 1 ? "is" : "are",
                KEYS_MAX - finding->key.live);
    text_add(&message->fix, "Call pthread_key_delete");
    word_undo(&message->fix, finding);
}

static void identify(const struct subject *subject, struct object *object)
{
    object->key.number = subject->key.number;
    object->key.generation = subject->key.key->generation;
}

static bool is_ignored(const struct subject *subject)
{
    return subject->key.key->ignored;
}

static void still_holds(const struct object *object, const char **how)
{
    if (atomic_load(&keys[object->key.number].generation) != object->key.generation)
        *how = "the key was deleted";
}

void key_write(struct text *text, const struct finding *finding, uint32_t number, unsigned live)
{
    json_number(text, "key", number);
    json_frame_member(text, "destructor", &finding->function);
    json_number(text, "keys_live", live);
    json_number(text, "keys_max", KEYS_MAX);
}

static void write_subject(struct text *text, const struct finding *finding)
{
    key_write(text, finding, finding->object.key.number, finding->key.live);
}

const struct object_class key_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .still_holds = still_holds,
    .write_subject = write_subject,
};

const struct rule rule_KEY_DESTRUCTOR = {&key_class, match_key_destructor, explain_key_destructor,
                                         CLOSED_NOTE};
const struct rule rule_KEY = {&key_class, match_key, explain_key, CLOSED_NOTE};
