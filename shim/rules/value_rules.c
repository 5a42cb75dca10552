// SPDX-License-Identifier: MIT
/* Values of threads for live keys. */
#include "rules/paths.h"
#include "rules/rules.h"
#include "rules/words.h"

/* A heap block that the key's own destructor, in a module that is there, will take. */
static bool will_be_taken(const struct key *key)
{
    return key->destructor.pc && !module_is_unloaded(key->destructor.module);
}

/* A common library's value for its own key, made on a call of the module: the library's business.
 */
static bool is_librarys_own(const struct key *key, const struct site *site)
{
    const struct module *maker = site->owner.module;
    return maker && maker->common && maker == key->owner && !module_is_unloaded(maker);
}

static void copy_value(const struct subject *subject, struct finding *finding)
{
    const struct site *set_at = site_get(subject->value->site);
    finding->key = subject->number;
    finding->tid = atomic_load(&subject->thread->tid);
    finding->address = (uintptr_t)atomic_load(&subject->value->pointer);
    finding->function = subject->key->destructor;
    module_ref(finding->function.module);
    finding->has_destructor = finding->function.pc != 0;
    finding->stack = set_at ? stack_copy(set_at->stack) : NULL;
}

static void copy_retained_block(const struct result *result, struct finding *finding)
{
    const struct site *made_at = site_get(result->site);
    finding->place = PLACE_BLOCK;
    finding->bytes = result->bytes;
    finding->blocks = result->blocks;
    if (!made_at)
        return;
    finding->owner = module_ref(made_at->owner.module);
    finding->requester = module_ref(made_at->requester.module);
    if (made_at->stack) {
        stack_free(finding->stack);
        finding->stack = stack_copy(made_at->stack);
    }
}

void copy_retained(const struct retained *retained, struct finding *finding)
{
    const struct result *result = retained->result;
    finding->module = module_ref(result->module);
    finding->path = path_make(result, result->module);
    if (result->kind == RESULT_POINTER) {
        finding->place = PLACE_IMAGE;
        finding->target = retained->target;
        finding->pointee = result->word;
        finding->owner = module_ref(result->module);
    } else {
        copy_retained_block(result, finding);
    }
}

/* The value leads to the module through blocks that nothing else reaches. */
static bool match_retained(const struct subject *subject, struct finding *finding)
{
    bool taken = will_be_taken(subject->key);
    copy_value(subject, finding);
    copy_retained(subject->retained, finding);
    bool image = finding->place == PLACE_IMAGE;
    finding->verdict = image ? VERDICT_DANGLING : taken ? VERDICT_HELD : VERDICT_LOST;
    finding->severity = image ? SEVERITY_ERROR : taken ? SEVERITY_NOTE : SEVERITY_WARNING;
    return true;
}

bool match_key_value(const struct subject *subject, struct finding *finding)
{
    const struct target *target = subject->target;
    if (subject->retained)
        return match_retained(subject, finding);
    if (!target || target->kind == TARGET_NONE)
        return false;
    if (target->kind == TARGET_BLOCK && is_librarys_own(subject->key, target->site))
        return false;
    finding->module = module_ref(target->module);
    copy_value(subject, finding);
    if (target->kind == TARGET_IMAGE) {
        finding->verdict = VERDICT_DANGLING;
        finding->severity = SEVERITY_ERROR;
        finding->place = PLACE_IMAGE;
        finding->owner = module_ref(target->module);
        return true;
    }
    bool taken = will_be_taken(subject->key);
    finding->verdict = taken ? VERDICT_HELD : VERDICT_LOST;
    finding->severity = taken ? SEVERITY_NOTE : SEVERITY_WARNING;
    finding->place = PLACE_BLOCK;
    finding->bytes = target->block.size;
    finding->owner = module_ref(target->site->owner.module);
    finding->requester = module_ref(target->site->requester.module);
    if (target->site->stack) {
        stack_free(finding->stack);
        finding->stack = stack_copy(target->site->stack);
    }
    return true;
}

void explain_key_value(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_thread(message, finding);
    text_printf(message,
                " still has %lx as its value of pthread key %u: ", (unsigned long)finding->address,
                finding->key);
    if (finding->path) {
        word_through(message, finding);
    } else if (finding->place == PLACE_IMAGE) {
        text_add(message,
                 "an address in the module's image, which is unmapped. Whoever reads the value "
                 "and follows it");
        if (finding->has_destructor) {
            text_add(message, ", the key's destructor ");
            word_function(message, &finding->function);
            text_add(message, " among them,");
        }
        text_add(message, " reads unmapped memory. ");
    } else {
        word_bytes(message, finding->bytes);
        text_add(message, " that the module made. ");
        if (finding->severity == SEVERITY_NOTE)
            text_add(message, "The key's destructor will be given it when the thread ends. ");
        else if (finding->has_destructor)
            text_add(message, "The key's destructor is gone, so nobody will free it. ");
        else
            text_add(message, "The key has no destructor, so nobody will free it. ");
    }
    text_add(message, "End this thread, or let it set the value to NULL, before dlclose.");
}
