// SPDX-License-Identifier: MIT
#include "lifecycle/fix.h"
#include "base/options.h"
#include "base/sys.h"
#include "modules/handles.h"
#include "modules/identities.h"
#include "ownership/common.h"
#include "report/log.h"
#include "report/report.h"
#include "rules/words.h"

#include <string.h>

static void say(struct text *line)
{
    text_add(line, "\n");
    if (!options.quiet)
        log_say(text_string(line));
    text_free(line);
}

static bool leaves_code(const struct finding *finding)
{
    bool points_to_code = finding->target != TARGET_CLASS_NONE && finding->target != TARGET_DATA;
    bool calls = finding->severity == SEVERITY_ERROR && finding->place == PLACE_NONE;
    return finding->verdict == VERDICT_DANGLING && !finding->pending && finding->module &&
           (calls || points_to_code);
}

void fix_note(const struct finding *finding)
{
    if (options.fix == FIX_KEEP && leaves_code(finding))
        identity_note_left_code(finding->module);
}

static enum kept why_keep(const struct module *module)
{
    const char *slash = strrchr(module->path, '/');
    if (module->startup || module->is_shim || atomic_load(&module->kept))
        return KEPT_NOT;
    if (common_in_globs(options.fix_glob, module->identity) ||
        common_in_globs(options.fix_glob, slash ? slash + 1 : module->path))
        return KEPT_NAMED;
    return identity_left_code(module) ? KEPT_LEFT_CODE : KEPT_NOT;
}

struct keep_search {
    struct fix_keep *list;
    unsigned count, max;
};

static int search(struct module *module, void *data)
{
    struct keep_search *found = data;
    enum kept why = why_keep(module);
    if (why)
        found->list[found->count++] = (struct fix_keep){module_ref(module), why};
    return found->count == found->max;
}

/* Not only the closed module: modules that came with it are unloaded with it. */
unsigned fix_to_keep(struct fix_keep *list, unsigned max)
{
    struct keep_search found = {list, 0, max};
    if (options.fix == FIX_KEEP)
        modules_each_mapped(search, &found);
    return found.count;
}

void fix_kept(struct module *module, enum kept why)
{
    struct text line = {0};
    handles_took_own(module);
    atomic_store(&module->kept, why);
    report_module(module, MODULE_LOADED);
    text_add(&line, "dlpin: fix=keep: ");
    word_module(&line, module);
    text_add(&line, why == KEPT_NAMED ? " stays mapped: it is named"
                                      : " stays mapped: an earlier load of it left code behind "
                                        "that is still called");
    say(&line);
}

void fix_failed(const struct module *module)
{
    struct text line = {0};
    text_add(&line, "dlpin: fix=keep: ");
    word_module(&line, module);
    text_add(&line, " cannot be kept");
    say(&line);
}

void fix_prevented(const void *handle)
{
    struct module *module = modules_by_handle(handle);
    if (!module)
        return;
    handles_took_own(module);
    atomic_store(&module->kept, KEPT_PREVENTED);
    report_module(module, MODULE_LOADED);
}

void fix_not_prevented(const char *name, size_t length, const char *error)
{
    struct text line = {0};
    text_add(&line, "dlpin: prevent: '");
    text_add_n(&line, name, length);
    text_printf(&line, "' was not loaded: %s", error ? error : "no reason is known");
    say(&line);
}

void fix_skipped_registration(enum registration_type type, uint64_t serial, uintptr_t data,
                              const struct frame *function)
{
    struct text line = {0};
    struct object object = object_make(registration_facts[type].kind);
    object.registration.type = type;
    object.registration.serial = serial;
    object.registration.what = data ? data : function->pc;
    report_skipped(&object);
    text_printf(&line, "dlpin: fix: thread %d: what was registered with %s, ", sys_gettid(),
                registration_facts[type].call);
    word_function(&line, function);
    text_add(&line, ", was not called: ");
    word_module(&line, function->module);
    text_add(&line, " is unloaded.");
    say(&line);
}

void fix_skipped_destructor(uint32_t key, uint32_t generation, const struct frame *destructor)
{
    struct text line = {0};
    struct object object = object_make(KIND_KEY_DESTRUCTOR);
    object.key.number = key;
    object.key.generation = generation;
    report_skipped(&object);
    text_printf(&line, "dlpin: fix: thread %d: the destructor of pthread key %u, ", sys_gettid(),
                key);
    word_function(&line, destructor);
    text_add(&line, ", was not called: ");
    word_module(&line, destructor->module);
    text_add(&line, " is unloaded. The value is lost.");
    say(&line);
}
