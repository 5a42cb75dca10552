// SPDX-License-Identifier: MIT
/* Keys, and calls that delete them. */
#include "ownership/caller.h"
#include "registry/keys.h"
#include "rules/rules.h"
#include "rules/words.h"

#include <errno.h>

static void copy_key(const struct subject *subject, struct finding *finding)
{
    const struct key *key = subject->key;
    finding->key = subject->number;
    finding->keys_live = keys_live_locked();
    finding->owner = module_ref(key->owner);
    finding->requester = module_ref(key->requester);
    finding->function = key->destructor;
    module_ref(key->destructor.module);
    finding->stack = stack_copy(key->stack);
}

/* --- key-destructor
 * ------------------------------------------------------------------------------------ */

bool match_key_destructor(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->key->destructor.module;
    if (!module_is_left(module))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = SEVERITY_ERROR;
    finding->module = module_ref(module);
    copy_key(subject, finding);
    return true;
}

void explain_key_destructor(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    text_printf(message, "pthread key %u still has its destructor ", finding->key);
    word_function(message, &finding->function);
    if (finding->owner && finding->owner != finding->module) {
        text_add(message, " (the key was created by ");
        word_module(message, finding->owner);
        text_add(message, ")");
    }
    text_add(message,
             ". It was not deleted before. The next thread that ends with a value for this "
             "key jumps into unmapped memory. Call pthread_key_delete in the module's stop "
             "function or in a destructor, after clearing the values of threads that live on.");
}

/* --- key
 * -------------------------------------------------------------------------------------------------
 */

/* A library like libuv that made the key on request, and went with the one that asked for it. */
static bool is_common_and_gone(const struct module *maker)
{
    return maker && maker->common && module_is_unloaded(maker);
}

/* As libc++ does: it has the key, and uses it again. */
static bool is_kept_by_library(const struct key *key)
{
    return key->library && !module_is_unloaded(key->library);
}

bool match_key(const struct subject *subject, struct finding *finding)
{
    const struct key *key = subject->key;
    if (!module_is_left(key->owner) || module_is_left(key->destructor.module) ||
        is_kept_by_library(key))
        return false;
    finding->verdict = VERDICT_LOST;
    finding->severity = SEVERITY_WARNING;
    copy_key(subject, finding);
    if (is_common_and_gone(key->maker)) {
        module_unref(finding->owner);
        module_unref(finding->requester);
        finding->owner = module_ref(key->maker);
        finding->requester = module_ref(key->owner);
    }
    finding->module = module_ref(finding->owner);
    return true;
}

void explain_key(const struct finding *finding, struct text *message)
{
    unsigned left = KEYS_MAX - finding->keys_live;
    word_module(message, finding->module);
    if (finding->requester && finding->requester != finding->module &&
        module_is_unloaded(finding->requester)) {
        text_add(message, ", on behalf of ");
        word_module(message, finding->requester);
        text_add(message, ",");
    }
    text_printf(message, " created pthread key %u and was %s without deleting it", finding->key,
                finding->object.closed ? "closed" : "unloaded");
    if (finding->function.pc) {
        text_add(message, " (its destructor ");
        word_function(message, &finding->function);
        text_add(message, " is still there)");
    }
    text_printf(
        message,
        ". Nobody can give the key back any more: %u of %u keys are taken, and if each load "
        "of the module takes one, pthread_key_create fails after %u more. Call "
        "pthread_key_delete before the module goes.",
        finding->keys_live, (unsigned)KEYS_MAX, left);
}

/* --- key-orphan
 * -------------------------------------------------------------------------------------------- */

bool match_key_orphan(const struct subject *subject, struct finding *finding)
{
    const struct deletion *deletion = subject->deletion;
    const struct key *was = deletion->was;
    bool has_destructor = was->destructor.pc != 0;
    /* Values that are no live blocks (numbers, statics, what was freed already) need nobody to take
     * them. */
    if (deletion->error || !deletion->blocks)
        return false;
    finding->verdict = VERDICT_LOST;
    finding->severity = has_destructor ? SEVERITY_WARNING : SEVERITY_NOTE;
    finding->module = module_ref(was->owner);
    copy_key(subject, finding);
    stack_free(finding->stack);
    finding->stack = stack_copy(deletion->stack);
    finding->has_destructor = has_destructor;
    finding->tid = atomic_load(&deletion->thread->tid);
    finding->address = (uintptr_t)atomic_load(&deletion->value->pointer);
    finding->place = PLACE_BLOCK;
    finding->bytes = deletion->block.size;
    finding->others = deletion->blocks - 1;
    return true;
}

void explain_key_orphan(const struct finding *finding, struct text *message)
{
    text_printf(message, "pthread key %u of ", finding->key);
    word_module(message, finding->module);
    text_add(message, " was deleted while ");
    word_thread(message, finding);
    if (finding->others)
        text_printf(message, " and %u more", finding->others);
    text_printf(message, " still had a value for it (%lx, ", (unsigned long)finding->address);
    word_bytes(message, finding->bytes);
    text_add(message, "). ");
    if (finding->has_destructor) {
        text_add(message, "The destructor ");
        word_function(message, &finding->function);
        text_add(message, " will not run for it. ");
    }
    text_add(message,
             "Let the threads clear their values (pthread_setspecific with NULL) or end before "
             "the key is deleted.");
}

/* --- key-foreign
 * -------------------------------------------------------------------------------------------- */

/* The module made the key, for itself or for another one. */
static bool had_a_part(const struct key *key, const struct module *module)
{
    return module == key->owner || module == key->requester || module == key->maker;
}

/* The owner calls the deleter, a library that it was linked with: that deletes on its behalf. */
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

bool match_key_foreign(const struct subject *subject, struct finding *finding)
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
    finding->severity = deletion->used_after ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->module = module_ref(deleter ? deleter->module : NULL);
    finding->error = deletion->error;
    copy_key(subject, finding);
    stack_free(finding->stack);
    finding->stack = stack_copy(deletion->stack);
    return true;
}

void explain_key_foreign(const struct finding *finding, struct text *message)
{
    word_module(message, finding->module);
    text_printf(message, " deleted pthread key %u, which ", finding->key);
    if (finding->error) {
        text_printf(message,
                    "is not live%s. Had another module got this number meanwhile, its key "
                    "would be gone. Delete a key only after it was created, and once.",
                    finding->key == 0 ? " (0 is what a key that was never created often holds)"
                                      : "");
        return;
    }
    word_module(message, finding->owner);
    text_add(message, " created and still counts on. ");
    if (finding->severity == SEVERITY_ERROR)
        text_add(message,
                 "That module has used the key since: its values are gone, or land in the key "
                 "of whoever got the number next. ");
    text_add(message,
             "A key is for its creator to delete; often a variable that was never set, or was "
             "not reset after an earlier delete, holds a number that is somebody else's now.");
}
