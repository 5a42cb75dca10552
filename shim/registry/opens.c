// SPDX-License-Identifier: MIT
#include "registry/opens.h"
#include "base/sys.h"
#include "modules/handles.h"
#include "registry/registry.h"

#include <dlfcn.h>
#include <string.h>

enum { SEEN_MAX = 32, CALLS_MAX = 64 };

/* A dlopen whose outcome is not checked yet. */
struct call {
    pid_t thread; /* 0: this place is free */
    uint32_t name_hash;
    bool nodelete, global;
    struct stack *stack;
};

static struct call calls[CALLS_MAX]; /* under the registry lock */
static uint64_t last_serial;         /* likewise */

struct opened {
    unsigned count;
    struct module *modules[SEEN_MAX]; /* each holds a reference */
};

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Of a file's name without its folder; 0 for NULL. */
static uint32_t hash_name(const char *file)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = file ? last_part(file) : ""; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return file ? hash : 0;
}

static bool is_named(const struct module *module, const struct call *call)
{
    return call->name_hash && (hash_name(module->path) == call->name_hash ||
                               hash_name(module->soname) == call->name_hash);
}

static void end_locked(struct call *call)
{
    stack_free(call->stack);
    *call = (struct call){0};
}

/* The thread's own; else, for a new one, a free place. */
static struct call *find_call_locked(pid_t thread, bool new)
{
    struct call *free = NULL;
    for (struct call *call = calls; call < calls + CALLS_MAX; call++) {
        if (call->thread == thread)
            return call;
        if (!call->thread && !free)
            free = call;
    }
    return new ? free : NULL;
}

void opens_begin(const char *file, int flags)
{
    struct call begun = {sys_gettid(), hash_name(file), flags & RTLD_NODELETE, flags & RTLD_GLOBAL,
                         stack_capture(REGISTRY_FRAMES)};
    if (!lock_acquire(&registry_lock)) {
        stack_free(begun.stack);
        return;
    }
    struct call *call = find_call_locked(begun.thread, true);
    if (call) {
        end_locked(call);
        *call = begun;
    } else {
        stack_free(begun.stack);
    }
    lock_release(&registry_lock);
}

/* The call that opened the module: where several threads call dlopen at the same time, the names
 * decide. */
static struct call *call_for_locked(const struct module *module, struct call *own, bool any_is_own)
{
    if (own && (is_named(module, own) || !any_is_own))
        return own;
    for (struct call *call = calls; call < calls + CALLS_MAX; call++)
        if (call->thread && is_named(module, call))
            return call;
    return NULL;
}

static void see(struct module *module, void *data)
{
    struct opened *opened = data;
    if (opened->count < SEEN_MAX)
        opened->modules[opened->count++] = module_ref(module);
}

/* NULL: nobody that is known. */
struct module *open_requester(const struct open *open)
{
    const struct frame *requester = stack_requester(open->stack, NULL);
    return requester ? requester->module : NULL;
}

static void add_locked(struct opens *opens, const struct call *call)
{
    struct open open = {++last_serial, stack_copy(call->stack)};
    struct module *requester = open_requester(&open);
    if (requester)
        atomic_store(&requester->opens_others, true);
    opens->list[opens->count++] = open;
}

static void note_locked(struct module *module, const struct call *call)
{
    if (call->nodelete)
        atomic_store(&module->nodelete, true);
    if (call->global)
        atomic_store(&module->global, true);
    if (!module->opens)
        module->opens = arena_alloc(sizeof *module->opens);
    struct opens *opens = module->opens;
    if (!opens)
        return;
    opens->total++;
    if (call->stack && opens->count < OPENS_MAX)
        add_locked(opens, call);
}

static void note_all_locked(const struct opened *opened)
{
    struct call *own = find_call_locked(sys_gettid(), false);
    bool any_is_own = false;
    for (unsigned i = 0; i < opened->count; i++)
        any_is_own |= own && is_named(opened->modules[i], own);
    for (unsigned i = 0; i < opened->count; i++) {
        struct call *call = call_for_locked(opened->modules[i], own, any_is_own);
        if (call)
            note_locked(opened->modules[i], call);
        if (call && call != own)
            end_locked(call);
    }
    if (own)
        end_locked(own);
}

bool opens_are_its_own(const struct module *module)
{
    if (!lock_acquire(&registry_lock))
        return false;
    const struct opens *opens = module->opens;
    bool own = opens && opens->count > 0 && opens->count == opens->total;
    for (unsigned i = 0; own && i < opens->count; i++)
        own = open_requester(&opens->list[i]) == module;
    lock_release(&registry_lock);
    return own;
}

void opens_check(bool all, opens_reopened *reopened)
{
    struct opened opened = {0};
    handles_each_opened(all, see, &opened);
    if (lock_acquire(&registry_lock)) {
        note_all_locked(&opened);
        lock_release(&registry_lock);
    }
    for (unsigned i = 0; i < opened.count; i++) {
        if (module_is_closed(opened.modules[i]) && !opens_are_its_own(opened.modules[i]))
            reopened(opened.modules[i]);
        module_unref(opened.modules[i]);
    }
}

static _Atomic bool requester_unloaded;

void opens_module_unloaded(struct module *module)
{
    if (atomic_load(&module->opens_others))
        atomic_store(&requester_unloaded, true);
    opens_forget(module);
}

bool opens_requester_unloaded(void)
{
    return atomic_load(&requester_unloaded);
}

static struct opens *take_opens_locked(struct module *module)
{
    struct opens *opens = module->opens;
    module->opens = NULL;
    return opens;
}

static void free_opens(struct opens *opens)
{
    for (unsigned i = 0; opens && i < opens->count; i++)
        stack_free(opens->list[i].stack);
    arena_free(opens, sizeof *opens);
}

void opens_forget(struct module *module)
{
    if (!lock_acquire(&registry_lock))
        return;
    struct opens *opens = take_opens_locked(module);
    lock_release(&registry_lock);
    free_opens(opens);
}

static int forget(struct module *module, void *unused)
{
    free_opens(take_opens_locked(module));
    return 0;
}

void opens_fork_child(void)
{
    for (struct call *call = calls; call < calls + CALLS_MAX; call++)
        end_locked(call);
    modules_each_mapped(forget, NULL);
}
