// SPDX-License-Identifier: MIT
/* Values of threads for live keys. */
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

bool match_key_value(const struct subject *subject, struct finding *finding)
{
    const struct target *target = subject->target;
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
    word_module(message, finding->module);
    text_add(message, " was unloaded, and ");
    word_thread(message, finding);
    text_printf(message,
                " still has %lx as its value of pthread key %u: ", (unsigned long)finding->address,
                finding->key);
    if (finding->place == PLACE_IMAGE) {
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
