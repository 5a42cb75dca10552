// SPDX-License-Identifier: MIT
/* Modules that the program closed and that are still mapped. */
#include "base/arena.h"
#include "base/json.h"
#include "base/names.h"
#include "base/sys.h"
#include "modules/elf_file.h"
#include "modules/elf_image.h"
#include "modules/handles.h"
#include "ownership/frame_json.h"
#include "rules/rule.h"
#include "rules/words.h"

#include <string.h>

enum { SAID_OF_EACH = 4 };

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
    copy->others = holders->others;
    for (unsigned i = 0; i < holders->count; i++)
        holders_add(copy, &holders->list[i]);
    return copy;
}

static bool match_closed(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->module.module;
    finding->stay.reopened = atomic_load(&module->reopened);
    finding->stay.replaced = elf_file_was_replaced(module);
    finding->verdict = VERDICT_PINNED;
    finding->severity = finding->stay.replaced ||
                                (finding->stay.reopened && !module_is_to_stay(module)) ||
                                has_reason(subject->module.holders, REASON_TLS_DESTRUCTOR)
                            ? SEVERITY_WARNING
                            : SEVERITY_NOTE;
    finding->module = module_ref(module);
    finding->owner = module_ref(module);
    finding->stay.holders = copy_holders(subject->module.holders);
    finding->bytes = module->end - module->start;
    finding->stay.retained = module->retained;
    return finding->stay.holders != NULL;
}

static bool is_only_reason(const struct holders *holders)
{
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->list[i].reason != REASON_TLS_DESTRUCTOR)
            return false;
    return holders->count > 0;
}

static bool match_tls_destructor(const struct subject *subject, struct finding *finding)
{
    if (!subject->module.holders || !is_only_reason(subject->module.holders) ||
        !match_closed(subject, finding))
        return false;
    finding->stay.unneeded = !finding->stay.reopened && !module_is_closed(finding->module);
    return true;
}

static bool match_still_mapped(const struct subject *subject, struct finding *finding)
{
    return subject->module.holders && !is_only_reason(subject->module.holders) &&
           match_closed(subject, finding);
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
        word_other_thread(message, holder->tid, holder->thread_name);
}

/* Without memory it has none. */
static const char *symbol_of(const struct holder *holder)
{
    return holder->symbol ? holder->symbol : "";
}

static void say_tls_destructor(struct text *message, const struct holder *holder)
{
    say_tls_thread(message, holder);
    if (holder->pending == 0) {
        text_add(message, " had destructors of thread_local objects pending; it has run them, "
                          "but no dlclose came after that");
        return;
    }
    text_add(message, " will run ");
    word_count(message, holder->pending, "destructor");
    text_add(message, " of thread_local objects when it ends");
    struct frame function = {holder->function, holder->function_module};
    if (!function.pc)
        return;
    text_add(message, holder->pending == 1 ? ": " : ": first ");
    word_function(message, &function);
    if (holder->symbol)
        text_printf(message, " for the object %s", holder->symbol);
}

static void say_reason(struct text *message, const struct holder *holder)
{
    switch (holder->reason) {
    case REASON_HANDLE:
        word_count(message, holder->handles, "handle");
        text_printf(message, " of it %s still open", holder->handles == 1 ? "is" : "are");
        break;
    case REASON_DEPENDENCY:
        word_module(message, holder->module);
        text_add(message, " needs it");
        break;
    case REASON_RELOCATION:
        word_module(message, holder->module);
        text_printf(message, " is bound to its symbol %s", symbol_of(holder));
        break;
    case REASON_NODELETE:
        say_nodelete(message, holder);
        break;
    case REASON_UNIQUE_SYMBOL:
        text_printf(message,
                    "its symbol %s is unique in the process (STB_GNU_UNIQUE), and the loader never "
                    "unloads a module that defines one",
                    symbol_of(holder));
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

static bool has_unique_of_std(const struct holders *holders)
{
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->list[i].reason == REASON_UNIQUE_SYMBOL &&
            words_is_of_std(symbol_of(&holders->list[i])))
            return true;
    return false;
}

/* The first holder that came with the module that it is bound to; or NULL. */
static const struct module *bound_dependency(const struct holders *holders)
{
    for (unsigned i = 0; i < holders->count; i++)
        if (holders->list[i].dependency)
            return holders->list[i].module;
    return NULL;
}

static void advise_relocation(struct text *fix, const struct finding *finding)
{
    const struct module *dependency = bound_dependency(finding->stay.holders);
    text_add(fix, "Link ");
    word_identity(fix, finding->module);
    text_add(fix, " with a version script that exports only its entry points, so that nothing else "
                  "is bound to what it happens to define");
    if (dependency) {
        text_add(fix, "; or load ");
        word_identity(fix, dependency);
        text_add(fix, ", which came with it and so finds its symbols, with the host (or by "
                      "DLPIN_OPTIONS=prevent=)");
    }
    if (atomic_load(&finding->module->global))
        text_add(fix, "; or open it without RTLD_GLOBAL");
}

/* False: it is linked in, or there is none. */
static bool needs_cxx_library(const struct module *module)
{
    struct elf_image image;
    const ElfW(Dyn) *at = NULL;
    const char *needed;
    if (!elf_image_read(&image, module->bias, module->phdr, module->phnum))
        return false;
    while ((needed = elf_image_needed(&image, &at)) != NULL)
        if (!strncmp(needed, "libstdc++.so", 12) || !strncmp(needed, "libc++.so", 9))
            return true;
    return false;
}

static void advise_unique_symbol(struct text *fix, const struct finding *finding)
{
    if (has_unique_of_std(finding->stay.holders) && !needs_cxx_library(finding->module)) {
        text_add(fix, "Link ");
        word_identity(fix, finding->module);
        text_add(fix, " with -Wl,--exclude-libs,ALL, or with a version script that exports only "
                      "its entry points: the C++ library is linked in, and has unique symbols "
                      "however the module is compiled");
    } else {
        text_add(fix, "Compile ");
        word_identity(fix, finding->module);
        text_add(fix, " with -fno-gnu-unique, or link it with a version script that exports only "
                      "its entry points");
    }
}

static void advise_handle(struct text *fix, const struct finding *finding)
{
    text_add(fix, "Call dlclose for each handle that is still open");
}

static void advise_dependency(struct text *fix, const struct finding *finding)
{
    const struct holders *holders = finding->stay.holders;
    unsigned first = 0, count = 0;
    for (unsigned i = holders->count; i-- > 0;) {
        if (holders->list[i].reason != REASON_DEPENDENCY)
            continue;
        first = i;
        count++;
    }
    text_add(fix, "Call dlclose for ");
    word_identity(fix, holders->list[first].module);
    text_add(fix, count > 1 || holders->others ? " and the others that need it, too"
                                               : ", which needs it, too");
}

static void advise_nodelete(struct text *fix, const struct finding *finding)
{
    const struct holders *holders = finding->stay.holders;
    bool flag = false;
    for (unsigned i = 0; i < holders->count; i++)
        flag |= holders->list[i].reason == REASON_NODELETE && holders->list[i].flag;
    text_add(fix, flag ? "Link " : "Call dlopen for ");
    word_identity(fix, finding->module);
    text_printf(fix, " without %s, unless it is meant to stay",
                flag ? "-z nodelete" : "RTLD_NODELETE");
}

static void advise_startup(struct text *fix, const struct finding *finding)
{
    text_add(fix, "None is possible: what is loaded with the program stays");
}

static void advise_unknown(struct text *fix, const struct finding *finding)
{
    text_add(fix, finding->stay.reopened ? "None is needed: the next dlclose unmaps it"
                                         : "None is known: LD_DEBUG=files may say why it stays");
}

static void advise_tls_destructor(struct text *fix, const struct finding *finding)
{
    text_add(fix, "End the threads that use ");
    word_identity(fix, finding->module);
    text_add(fix,
             " before its dlclose, or use no thread_local objects with destructors there; once "
             "these threads have ended, the next dlclose of any module unmaps it");
}

/* Advice to avoid a reason; only the first of a kind adds it. */
static void (*const advise[REASON_COUNT])(struct text *fix, const struct finding *finding) = {
    [REASON_HANDLE] = advise_handle,
    [REASON_DEPENDENCY] = advise_dependency,
    [REASON_RELOCATION] = advise_relocation,
    [REASON_NODELETE] = advise_nodelete,
    [REASON_UNIQUE_SYMBOL] = advise_unique_symbol,
    [REASON_TLS_DESTRUCTOR] = advise_tls_destructor,
    [REASON_STARTUP] = advise_startup,
    [REASON_UNKNOWN] = advise_unknown,
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

static void say_reasons(struct text *cause, const struct finding *finding)
{
    unsigned left = say_each(cause, finding->stay.holders);
    if (left)
        text_printf(cause, "; and %u more", left);
}

static void advise_all(struct text *fix, const struct finding *finding)
{
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        if (!advise[i] || !has_reason(finding->stay.holders, i))
            continue;
        if (fix->length > 0)
            text_add(fix, ". ");
        advise[i](fix, finding);
    }
    if (!finding->stay.reopened && !finding->stay.replaced)
        return;
    if (fix->length > 0)
        text_add(fix, ". ");
    text_add(fix, "To load a new version all the same, give it a file name of its own");
}

static void say_retained(struct text *consequence, const struct finding *finding)
{
    const struct retained_heap *retained = &finding->stay.retained;
    bool is_first = consequence->length == 0;
    if (is_first)
        text_printf(consequence, "Its %zu KB are not given back", finding->bytes >> 10);
    if (retained->known && retained->blocks > 0) {
        text_printf(consequence, "%s its variables alone hold ", is_first ? ", and" : ";");
        word_count(consequence, retained->blocks, "block");
        text_add(consequence, " of the heap with ");
        word_count(consequence, retained->bytes, "byte");
    }
}

static void say_stay(struct text *cause, const struct finding *finding)
{
    word_module(cause, finding->module);
    text_add(cause, finding->stay.reopened ? " was closed, stayed mapped, and was opened again"
                    : !module_is_closed(finding->module) ? " is mapped"
                    : finding->stay.unneeded ? " is not needed any more, and is still mapped"
                                             : " was closed, and is still mapped");
    if (finding->stay.reopened && has_reason(finding->stay.holders, REASON_UNKNOWN)) {
        text_add(cause, "; what kept it when it was closed is over");
        return;
    }
    text_add(cause, ", because");
    say_reasons(cause, finding);
}

static void explain_still_mapped(const struct finding *finding, struct message *message)
{
    say_stay(&message->cause, finding);
    if (finding->stay.replaced)
        text_add(&message->consequence, "The code that runs is not that of its file, which is "
                                        "another one by now");
    else if (finding->stay.reopened)
        text_add(&message->consequence, "Its constructors did not run again, and its variables are "
                                        "as they were");
    say_retained(&message->consequence, finding);
    advise_all(&message->fix, finding);
}

static void identify(const struct subject *subject, struct object *object)
{
    object->module.id = subject->module.module->id;
    object->module.opened = subject->module.opened;
}

static void still_holds(const struct object *object, const char **how)
{
    const struct module *module = modules_by_id(object->module.id);
    if (!module || module_is_unloaded(module))
        *how = "the module was unmapped";
    else if (object->kind == KIND_HANDLE && handles_left(module) == 0)
        *how = "the handle was given back";
}

static void write_reason(struct text *text, const struct holder *holder)
{
    text_printf(text, "{\"reason\":\"%s\"", reason_names[holder->reason]);
    if (holder->reason == REASON_HANDLE) {
        json_number(text, "handles", holder->handles);
        json_number(text, "opens", holder->opens);
    }
    if (holder->module)
        json_module(text, "module", holder->module);
    if (holder->symbol)
        json_string(text, "symbol", holder->symbol);
    if (holder->dependency)
        text_add(text, ",\"dependency\":true");
    if (holder->reason == REASON_NODELETE)
        json_string(text, "by", holder->flag ? "DF_1_NODELETE" : "RTLD_NODELETE");
    if (holder->tid)
        json_number(text, "tid", (uint64_t)holder->tid);
    if (holder->reason == REASON_TLS_DESTRUCTOR)
        json_number(text, "pending", holder->pending);
    if (holder->thread_name[0])
        json_string(text, "thread_name", holder->thread_name);
    if (holder->object)
        json_address(text, "address", holder->object);
    json_frame_member(text, "function", &(struct frame){holder->function, holder->function_module});
    text_add(text, "}");
}

static void write_subject(struct text *text, const struct finding *finding)
{
    const struct holders *holders = finding->stay.holders;
    text_add(text, ",\"reasons\":[");
    for (unsigned i = 0; holders && i < holders->count; i++) {
        text_add(text, i ? "," : "");
        write_reason(text, &holders->list[i]);
    }
    text_add(text, "]");
    if (holders && holders->others)
        json_number(text, "more_reasons", holders->others);
    if (finding->stay.retained.known) {
        json_number(text, "retained_blocks", finding->stay.retained.blocks);
        json_number(text, "retained_bytes", finding->stay.retained.bytes);
    }
    if (finding->stay.reopened)
        text_printf(text, ",\"reopened\":true,\"replaced\":%s",
                    finding->stay.replaced ? "true" : "false");
}

static void release(struct finding *finding)
{
    if (finding->stay.holders)
        holders_release(finding->stay.holders);
    arena_free(finding->stay.holders, sizeof *finding->stay.holders);
    finding->stay.holders = NULL;
}

static bool has_risen(const struct finding *finding, const struct finding *before)
{
    return finding->stay.reopened && !before->stay.reopened;
}

static bool take_retained(struct finding *finding, const struct object *object,
                          const struct module *module)
{
    if (object->kind == KIND_HANDLE || object->module.id != module->id)
        return false;
    finding->stay.retained = module->retained;
    return true;
}

/* Unclosed handles of one call are one finding, about the caller. */
static const struct module *blame(const struct finding *finding)
{
    return finding->kind == KIND_HANDLE ? finding->requester : finding->module;
}

static void add_signature(struct text *text, const struct finding *finding)
{
    const struct frame *call = finding->stack ? stack_requester(finding->stack, NULL) : NULL;
    if (finding->kind == KIND_HANDLE && call)
        word_signature(text, call);
}

static const struct module *name_member(struct text *text, const struct finding *finding)
{
    if (finding->kind != KIND_HANDLE)
        return NULL;
    word_module(text, finding->owner);
    return finding->owner;
}

const struct object_class module_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .release = release,
    .add_signature = add_signature,
    .blame = blame,
    .name_member = name_member,
    .stack_varies = true,
    .has_risen = has_risen,
    .take_retained = take_retained,
};

const struct rule rule_STILL_MAPPED = {&module_class, match_still_mapped, explain_still_mapped,
                                       CLOSED_NOTHING};
/* Its message names its reasons, as that of a module with others. */
const struct rule rule_TLS_DESTRUCTOR = {&module_class, match_tls_destructor, explain_still_mapped,
                                         CLOSED_NOTHING};
