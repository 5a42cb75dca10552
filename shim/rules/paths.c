// SPDX-License-Identifier: MIT
#include "rules/paths.h"
#include "base/arena.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "modules/symbols.h"
#include "ownership/sites.h"
#include "registry/threads.h"
#include "rules/words.h"

static size_t size_of(unsigned count)
{
    return sizeof(struct path) + count * sizeof(struct path_step);
}

static void copy_maker(struct path_step *step, const struct module *about, bool *left)
{
    const struct site *site = site_get(step->step.site);
    if (!site)
        return;
    step->maker = site->owner;
    if (site->owner.module && site->owner.module->common && site->requester.module)
        step->maker = site->requester;
    module_ref(step->maker.module);
    step->owner = module_ref(site->owner.module);
    step->leaves = !*left && (site->owner.module == about || site->requester.module == about);
    *left |= step->leaves;
}

struct path *path_make(const struct result *result, const struct module *about)
{
    bool left = false;
    struct path *path = result->steps ? arena_alloc(size_of(result->steps)) : NULL;
    if (!path) {
        if (result->steps)
            drop(DROP_FINDING);
        return NULL;
    }
    path->count = result->steps;
    path->skipped = result->skipped;
    for (unsigned i = 0; i < path->count; i++) {
        struct path_step *step = &path->steps[i];
        step->step = result->path[i];
        if (i == 0)
            module_ref(step->step.root.module);
        if (i == 0 && step->step.root.tid)
            thread_name(step->step.root.tid, step->thread_name);
        if (i > 0)
            copy_maker(step, about, &left);
    }
    return path;
}

void path_free(struct path *path)
{
    for (unsigned i = 0; path && i < path->count; i++) {
        if (i == 0)
            module_unref(path->steps[i].step.root.module);
        module_unref(path->steps[i].maker.module);
        module_unref(path->steps[i].owner);
    }
    if (path)
        arena_free(path, size_of(path->count));
}

bool path_symbol(const struct step *step, char name[static SYMBOL_MAX], uintptr_t *offset)
{
    const struct root *root = &step->root;
    uintptr_t start = 0;
    bool is_tls = root->kind == ROOT_TLS;
    *offset = is_tls ? step->slot - root->start : step->slot - root->module->bias;
    bool found = is_tls ? symbol_find_tls(root->module, *offset, name, &start)
                        : symbol_find_start(root->module, step->slot, name, &start);
    if (found)
        *offset = is_tls ? *offset - start : step->slot - start;
    return found;
}

static void describe_variable(struct text *text, const struct step *step)
{
    char name[SYMBOL_MAX];
    uintptr_t offset;
    bool named = path_symbol(step, name, &offset);
    if (named)
        text_printf(text, "the variable %s", name);
    else
        text_add(text, step->root.kind == ROOT_TLS ? "thread-local data" : "data");
    if (offset || !named)
        text_printf(text, "+%lx", (unsigned long)offset);
    text_add(text, " in ");
    word_module(text, step->root.module);
}

static void describe_thread(struct text *text, const struct path_step *step)
{
    if (step->step.root.tid == sys_getpid())
        text_add(text, "the main thread");
    else
        word_other_thread(text, step->step.root.tid, step->thread_name);
}

void path_describe_root(struct text *text, const struct path *path)
{
    const struct path_step *step = &path->steps[0];
    const struct root *root = &step->step.root;
    switch (root->kind) {
    case ROOT_DATA:
    case ROOT_LIBC:
    case ROOT_RUNTIME:
        if (root->module)
            describe_variable(text, &step->step);
        break;
    case ROOT_TLS:
        describe_variable(text, &step->step);
        text_add(text, " of ");
        describe_thread(text, step);
        break;
    case ROOT_ARGUMENT:
        text_add(text, "the start argument of ");
        describe_thread(text, step);
        break;
    case ROOT_VALUE:
        text_printf(text, "the value for key %u of ", root->key);
        describe_thread(text, step);
        break;
    case ROOT_SIGNAL_STACK:
        text_add(text, "the signal stack of ");
        describe_thread(text, step);
        break;
    case ROOT_STACK:
        text_add(text, "the stack of ");
        describe_thread(text, step);
        break;
    case ROOT_KERNEL:
        if (root->key == ROOT_OF_SIGNAL)
            text_add(text, "what the kernel sends with a signal");
        else
            text_printf(text, "the data of the epoll entry for descriptor %u", root->key);
        break;
    case ROOT_MAPPING:
        text_printf(text, "memory at %lx that is not malloc's", (unsigned long)step->step.slot);
        break;
    case ROOT_UNLOADED:
    case ROOT_KINDS:
        break;
    }
}

bool word_end_of_call(struct text *text, const struct path *path)
{
    if (!path || path->steps[0].step.root.kind != ROOT_STACK)
        return false;
    text_add(text, "Before dlclose, wait for the return of the call that has it on ");
    path_describe_root(text, path);
    return true;
}

void path_describe(struct text *text, const struct path *path, unsigned n)
{
    const struct path_step *step = &path->steps[n];
    if (n == 0) {
        path_describe_root(text, path);
        return;
    }
    word_bytes(text, step->step.size);
    if (step->owner) {
        text_add(text, " made by ");
        word_module(text, step->owner);
    }
    if (step->maker.module) {
        text_add(text, " in ");
        word_return_address(text, &step->maker);
    }
}

void word_target(struct text *text, const struct finding *finding)
{
    static const char *const classes[] = {"an address",
                                          "code",
                                          "a virtual function table",
                                          "a typeinfo",
                                          "an object with virtual functions",
                                          "data"};
    text_add(text, classes[finding->target]);
    text_add(text, " of the module, ");
    word_function(text, &(struct frame){finding->pointee, finding->module});
}

void word_through(struct text *text, const struct finding *finding)
{
    unsigned blocks = finding->path->count - 1 + finding->path->skipped;
    bool image = finding->place == PLACE_IMAGE;
    unsigned between = image ? blocks : blocks - 1;
    text_add(text, "which leads through ");
    word_count(text, between, "block");
    text_add(text, " to ");
    if (image) {
        word_target(text, finding);
    } else {
        word_bytes(text, finding->path->steps[finding->path->count - 1].step.size);
        text_add(text, " that the module made and that nothing else leads to");
    }
}
