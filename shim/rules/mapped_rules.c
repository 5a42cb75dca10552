// SPDX-License-Identifier: MIT
/* Modules that the program closed and that are still mapped, and those that it never closed. */
#include "base/sys.h"
#include "modules/elf_file.h"
#include "modules/handles.h"
#include "registry/opens.h"
#include "registry/registry.h"
#include "rules/found.h"
#include "rules/words.h"

#include <string.h>

enum { SAID_OF_EACH = 4 };

/* --- why it stays
 * -----------------------------------------------------------------------------------------------
 */

static bool has_reason(const struct holders *holders, enum reason reason)
{
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->list[i].reason == reason)
            return true;
    return false;
}

static struct holders *copy_holders(const struct holders *holders)
{
    struct holders *copy = arena_alloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *holders;
    for (unsigned i = 0; i < copy->count; i++) {
        module_ref(copy->list[i].module);
        module_ref(copy->list[i].function_module);
    }
    return copy;
}

bool match_closed(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->module;
    finding->reopened = atomic_load(&module->reopened);
    finding->replaced = elf_file_was_replaced(module);
    finding->verdict = VERDICT_PINNED;
    finding->severity = finding->replaced || (finding->reopened && !module_is_to_stay(module)) ||
                                has_reason(subject->holders, REASON_TLS_DESTRUCTOR)
                            ? SEVERITY_WARNING
                            : SEVERITY_NOTE;
    finding->module = module_ref(module);
    finding->owner = module_ref(module);
    finding->holders = copy_holders(subject->holders);
    finding->bytes = module->end - module->start;
    finding->retained = module->retained;
    return finding->holders != NULL;
}

static void say_nodelete(struct text *message, const struct holder *holder)
{
    text_add(message, holder->flag ? "it is marked not to be deleted (DF_1_NODELETE)"
                                   : "it was opened with RTLD_NODELETE");
}

static void say_tls_thread(struct text *message, const struct holder *holder)
{
    if (holder->tid == 0)
        text_add(message, "a thread that is not known");
    else if (holder->tid == sys_getpid())
        text_add(message, "the main thread (which ends with the process)");
    else
        text_printf(message, "thread %d", holder->tid);
    if (holder->tid != 0 && holder->tid != sys_getpid() && holder->thread_name[0])
        text_printf(message, " \"%s\"", holder->thread_name);
}

static void say_tls_destructor(struct text *message, const struct holder *holder)
{
    say_tls_thread(message, holder);
    if (holder->pending == 0) {
        text_add(message, " had destructors of C++ thread_local objects pending; it has run them, "
                          "but no dlclose came after that");
        return;
    }
    text_printf(message, " has %u destructor%s of C++ thread_local objects pending",
                holder->pending, holder->pending == 1 ? "" : "s");
    struct frame function = {holder->function, holder->function_module};
    if (!function.pc)
        return;
    text_printf(message, " (%s%s%s", holder->pending == 1 ? "" : "first ", holder->symbol,
                holder->symbol[0] ? ", by " : "");
    word_function(message, &function);
    text_add(message, ")");
}

static void say_reason(struct text *message, const struct holder *holder)
{
    switch (holder->reason) {
    case REASON_HANDLE:
        text_printf(message, "%u handle%s of it %s left", holder->handles,
                    holder->handles == 1 ? "" : "s", holder->handles == 1 ? "is" : "are");
        break;
    case REASON_DEPENDENCY:
        word_module(message, holder->module);
        text_add(message, " needs it");
        break;
    case REASON_RELOCATION:
        word_module(message, holder->module);
        text_printf(message, " is bound to its symbol %s", holder->symbol);
        break;
    case REASON_NODELETE:
        say_nodelete(message, holder);
        break;
    case REASON_UNIQUE_SYMBOL:
        text_printf(message, "its symbol %s is unique in the process", holder->symbol);
        break;
    case REASON_TLS_DESTRUCTOR:
        say_tls_destructor(message, holder);
        break;
    case REASON_STARTUP:
        text_add(message, "it was loaded with the program");
        break;
    case REASON_UNKNOWN:
    case REASON_COUNT:
        text_add(message, "no reason is known");
    }
}

/* What to do about a reason; the first one of a kind says it. */
static const char *const advice[REASON_COUNT] = {
    [REASON_DEPENDENCY] = "What needs it must be closed, too.",
    [REASON_RELOCATION] = "A definition that others find by chance is better hidden "
                          "(-fvisibility=hidden, a version script), or the module opened with "
                          "RTLD_LOCAL.",
    [REASON_NODELETE] = "Whoever asked for that meant it to stay.",
    [REASON_UNIQUE_SYMBOL] = "Compile it with -fno-gnu-unique, or hide these symbols.",
    [REASON_TLS_DESTRUCTOR] =
        "Only threads that end before its dlclose should use it, or it should have no thread_local "
        "objects with destructors; the first dlclose after these threads ended unmaps it.",
};

/* All are in the record; people need no more than a few of each. */
static unsigned say_each(struct text *message, const struct holders *holders)
{
    unsigned said[REASON_COUNT] = {0}, left = holders->others;
    for (unsigned i = 0; i < holders->count; i++) {
        if (said[holders->list[i].reason]++ == SAID_OF_EACH) {
            said[holders->list[i].reason]--;
            left++;
            continue;
        }
        text_add(message, i ? "; " : " ");
        say_reason(message, &holders->list[i]);
    }
    return left;
}

static void say_reasons(struct text *message, const struct holders *holders)
{
    unsigned left = say_each(message, holders);
    if (left)
        text_printf(message, "; and %u more", left);
    text_add(message, ".");
    for (unsigned i = 0; i < REASON_COUNT; i++)
        if (advice[i] && has_reason(holders, i))
            text_printf(message, " %s", advice[i]);
}

static void say_reopened(struct text *message, const struct finding *finding)
{
    text_add(message, " was closed, stayed mapped, and was opened again: its constructors did not "
                      "run, and its variables are as they were.");
    text_add(message, has_reason(finding->holders, REASON_UNKNOWN)
                          ? " What kept it when it was closed has gone."
                          : " It stays because");
}

static void say_retained(struct text *message, const struct retained_heap *retained)
{
    if (!retained->known || retained->blocks == 0)
        return;
    text_printf(message, " Its variables alone hold %zu block%s of the heap with %zu bytes.",
                retained->blocks, retained->blocks == 1 ? "" : "s", retained->bytes);
}

void explain_still_mapped(const struct finding *finding, struct text *message)
{
    word_module(message, finding->module);
    if (finding->reopened)
        say_reopened(message, finding);
    else if (!module_is_closed(finding->module))
        text_printf(message, " is mapped with %zu KB, because", finding->bytes >> 10);
    else
        text_printf(message, " %s, and its %zu KB are still mapped, because",
                    finding->unneeded ? "is not needed any more" : "was closed",
                    finding->bytes >> 10);
    if (!finding->reopened || !has_reason(finding->holders, REASON_UNKNOWN))
        say_reasons(message, finding->holders);
    if (finding->replaced)
        text_add(message, " Its file is another one by now, and that is not what runs.");
    say_retained(message, &finding->retained);
}

void rules_check_closed(struct module *module, struct holders *holders, rules_sink *sink,
                        void *data)
{
    struct found found = {0};
    rules_add_tls_holders(module, holders);
    if (holders->count == 0)
        holders->list[holders->count++] = (struct holder){.reason = REASON_UNKNOWN};
    found_apply(
        &(struct subject){
            .type = OBJECT_MODULE, .number = module->id, .module = module, .holders = holders},
        &found);
    found_hand_on(&found, sink, data);
}

/* --- handle
 * -------------------------------------------------------------------------------------------- */

bool match_handle(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->module;
    const struct frame *opener = stack_requester(subject->opener, NULL);
    if (!subject->opener || !opener)
        return false;
    bool abandoned = module_is_unloaded(opener->module);
    finding->verdict = VERDICT_PINNED;
    finding->severity = SEVERITY_NOTE;
    finding->owner = module_ref(module);
    finding->requester = module_ref(opener->module);
    finding->module = module_ref(abandoned ? opener->module : module);
    finding->stack = stack_copy(subject->opener);
    finding->holders = arena_alloc(sizeof *finding->holders);
    if (finding->holders)
        holders_add(finding->holders, &(struct holder){.reason = REASON_HANDLE,
                                                       .handles = handles_left(module),
                                                       .opens = module->opens->total});
    return finding->holders != NULL;
}

void explain_handle(const struct finding *finding, struct text *message)
{
    if (finding->module != finding->owner) {
        word_module(message, finding->module);
        text_add(message, " was unloaded, and has not closed ");
        word_module(message, finding->owner);
        text_add(message, ", which it opened");
    } else {
        word_module(message, finding->owner);
        text_add(message, " was opened, and is not closed");
    }
    const struct holder *handle = &finding->holders->list[0];
    if (handle->opens > 1)
        text_printf(message, ": %u handles of %u are left", handle->handles, handle->opens);
    text_add(message, ". It stays mapped to the end. For each dlopen there must be a dlclose.");
}

struct handles_check {
    bool all;
    struct found *found;
};

/* Which handles were given back nobody can say, but if there are more left than all others opened,
 * then some of these are this opener's. */
static bool has_left_some(const struct module *module, const struct module *opener)
{
    const struct opens *opens = module->opens;
    unsigned own = 0;
    for (unsigned i = 0; i < opens->count; i++)
        own += open_requester(&opens->list[i]) == opener;
    return opener && handles_left(module) > opens->total - own;
}

static void apply_to_open(struct module *module, const struct open *open, struct found *found)
{
    found_apply(&(struct subject){.type = OBJECT_MODULE,
                                  .number = module->id,
                                  .module = module,
                                  .opener = open->stack,
                                  .opened = open->serial},
                found);
}

static int check_handles_of(struct module *module, void *data)
{
    const struct handles_check *check = data;
    const struct opens *opens = module->opens;
    bool any = false;
    if (!opens || opens->count == 0 || module->startup || handles_left(module) == 0)
        return 0;
    for (unsigned i = 0; i < opens->count; i++) {
        const struct module *opener = open_requester(&opens->list[i]);
        if ((!check->all && !module_is_unloaded(opener)) || !has_left_some(module, opener))
            continue;
        apply_to_open(module, &opens->list[i], check->found);
        any = true;
    }
    if (check->all && !any)
        apply_to_open(module, &opens->list[0], check->found);
    return 0;
}

void found_handles_locked(bool all, struct found *found)
{
    if (all || opens_requester_gone())
        modules_each_mapped(check_handles_of, &(struct handles_check){all, found});
}

void rules_check_handles(struct module *only, rules_known *known, rules_sink *sink, void *data)
{
    struct found found = {.known = known};
    if (!lock_acquire(&registry_lock))
        return;
    if (only)
        check_handles_of(only, &(struct handles_check){true, &found});
    else
        found_handles_locked(true, &found);
    lock_release(&registry_lock);
    found_hand_on(&found, sink, data);
}
