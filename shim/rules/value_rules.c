// SPDX-License-Identifier: MIT
/* Values of threads for live keys. */
#include "base/json.h"
#include "ownership/frame_json.h"
#include "registry/threads.h"
#include "rules/paths.h"
#include "rules/retained.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"
#include "scan/target.h"

/* A heap block that the key's own destructor, in a module that is there, will take. */
static bool will_be_taken(const struct key *key)
{
    return key->destructor.pc && !module_is_unloaded(key->destructor.module);
}

/* A common library's value for its own key, made on a call of the module: the library's business.
 * A run-time library is not named as the maker of what it makes for itself. */
static bool is_librarys_own(const struct key *key, const struct site *site)
{
    const struct module *runtime = key->library;
    if (runtime && runtime == key->destructor.module && !module_is_unloaded(runtime))
        return true;
    const struct module *maker = site->owner.module;
    return maker && maker->common && maker == key->owner && !module_is_unloaded(maker);
}

static void copy_value(const struct subject *subject, struct finding *finding)
{
    const struct site *set_at = site_get(subject->value.value->site);
    finding->tid = atomic_load(&subject->value.thread->tid);
    finding->address = (uintptr_t)atomic_load(&subject->value.value->pointer);
    finding->function = subject->value.key->destructor;
    module_ref(finding->function.module);
    finding->stack = set_at ? stack_copy(set_at->stack) : NULL;
}

/* The value leads to the module through blocks that nothing else reaches. */
static bool match_retained(const struct subject *subject, struct finding *finding)
{
    bool taken = will_be_taken(subject->value.key);
    copy_value(subject, finding);
    retained_copy(subject->retained, finding);
    bool image = finding->place == PLACE_IMAGE;
    finding->verdict = image ? VERDICT_DANGLING : taken ? VERDICT_HELD : VERDICT_LOST;
    finding->severity = image ? SEVERITY_ERROR : taken ? SEVERITY_NOTE : SEVERITY_WARNING;
    if (image && retained_is_doubtful(subject->retained))
        finding->severity = SEVERITY_NOTE;
    return true;
}

static bool match_key_value(const struct subject *subject, struct finding *finding)
{
    const struct target *target = subject->value.target;
    if (subject->retained)
        return match_retained(subject, finding);
    if (!target || target->kind == TARGET_NONE)
        return false;
    if (target->kind == TARGET_BLOCK && is_librarys_own(subject->value.key, target->site))
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
    bool taken = will_be_taken(subject->value.key);
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

/* Adds the value to the message's cause, and its effect to the consequence. */
static void explain_image(const struct finding *finding, struct message *message)
{
    if (finding->path) {
        word_through(&message->cause, finding);
    } else {
        text_add(&message->cause, "the address of ");
        word_in_image(&message->cause, finding);
    }
    if (finding->object.closed)
        return;
    text_add(&message->consequence,
             "The next use of the value as a pointer reads unmapped memory, and the process dies");
    if (finding->function.pc) {
        text_add(&message->consequence, "; when the thread ends, the key's destructor ");
        word_function(&message->consequence, &finding->function);
        text_add(&message->consequence, " is given the value");
    }
}

static void explain_block(const struct finding *finding, struct message *message)
{
    if (finding->path) {
        word_through(&message->cause, finding);
    } else {
        word_bytes(&message->cause, finding->bytes);
        text_add(&message->cause, " that the module made");
    }
    text_add(&message->consequence,
             finding->object.closed ? ""
             : finding->verdict == VERDICT_HELD
                 ? "The key's destructor will be given it when the thread ends"
             : finding->function.pc
                 ? "The key's destructor was unloaded, so nobody will free the block"
                 : "The key has no destructor, so nobody will free the block");
}

static void explain_key_value(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_printf(&message->cause, " still has %lx as its value of pthread key %u, ",
                (unsigned long)finding->address, finding->object.value.key);
    if (finding->place == PLACE_IMAGE)
        explain_image(finding, message);
    else
        explain_block(finding, message);
    text_add(&message->fix,
             "Call pthread_setspecific with NULL in this thread, or end the thread, before "
             "dlclose; only the thread itself can clear its value");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->value.key = subject->value.number;
    object->value.generation = subject->value.key->generation;
    object->value.thread = subject->value.thread->serial;
    object->value.pointer = (uintptr_t)atomic_load(&subject->value.value->pointer);
}

static bool is_ignored(const struct subject *subject)
{
    return subject->value.key->ignored || subject->value.value->epoch == VALUE_IGNORED;
}

static void still_holds(const struct object *object, const char **how)
{
    struct thread *thread = thread_by_serial_locked(object->value.thread);
    struct value *value = thread ? thread_value(thread, object->value.key) : NULL;
    if (!thread || thread_has_ended(thread))
        *how = "the thread ended";
    else if (atomic_load(&keys[object->value.key].generation) != object->value.generation)
        *how = "the key was deleted";
    else if (!value || (uintptr_t)atomic_load(&value->pointer) != object->value.pointer)
        *how = "the value was replaced";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_number(text, "key", finding->object.value.key);
    subject_thread(text, finding);
    subject_address(text, finding, "address");
    json_frame_member(text, "destructor", &finding->function);
}

static uintptr_t word(const struct object *object)
{
    return object->value.pointer;
}

const struct object_class value_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .word = word,
};

const struct rule rule_KEY_VALUE = {&value_class, match_key_value, explain_key_value, CLOSED_NOTE};
