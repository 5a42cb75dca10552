// SPDX-License-Identifier: MIT
#include "interpose/unwind_tables.h"
#include "base/guard.h"
#include "interpose/got.h"
#include "interpose/registering.h"
#include "lifecycle/start.h"
#include "modules/held.h"

#include <string.h>

/* Tables, or a list of tables that a null pointer ends, from `begin` on; `object` is memory that
 * the unwinder keeps its notes in. */
static void register_one(void *begin);
static void register_info(const void *begin, void *object);
static void register_info_bases(const void *begin, void *object, void *text, void *data);
static void register_table(void *begin);
static void register_info_table(void *begin, void *object);
static void register_info_table_bases(void *begin, void *object, void *text, void *data);
static void deregister_one(void *begin);
static void *deregister_info(const void *begin);
static void *deregister_info_bases(const void *begin);

#define FRAME_FUNCTIONS(X)                                            \
    X(register_one, "__register_frame")                               \
    X(register_info, "__register_frame_info")                         \
    X(register_info_bases, "__register_frame_info_bases")             \
    X(register_table, "__register_frame_table")                       \
    X(register_info_table, "__register_frame_info_table")             \
    X(register_info_table_bases, "__register_frame_info_table_bases") \
    X(deregister_one, "__deregister_frame")                           \
    X(deregister_info, "__deregister_frame_info")                     \
    X(deregister_info_bases, "__deregister_frame_info_bases")

#define FUNCTION_NUMBER(function, name) NUMBER_##function,
enum { FRAME_FUNCTIONS(FUNCTION_NUMBER) FUNCTION_COUNT };

#define FUNCTION_ROW(function, name) {name, (void *)function, NULL},
static struct {
    const char *name;
    void *ours;
    void *_Atomic real; /* the unwinder's */
} functions[FUNCTION_COUNT] = {FRAME_FUNCTIONS(FUNCTION_ROW)};

#define REAL(function) ((__typeof__(function) *)atomic_load(&functions[NUMBER_##function].real))

static void watch_startup(void);

/* The unwinder has it now. Notes end with the unwinder, which may be unloaded with the last plug-in
 * that needs it. */
static void note(unsigned number, const void *begin, const void *other, uintptr_t caller)
{
    const struct registration *kept = registering_prepare(
        &(struct registration_request){.type = REGISTERED_FRAMES,
                                       .identity = (uintptr_t)begin,
                                       .data = (uintptr_t)begin,
                                       .other = (uintptr_t)other,
                                       .handle = (uintptr_t)atomic_load(&functions[number].real),
                                       .call = functions[number].name,
                                       .caller = caller});
    if (kept)
        watch_startup();
}

/* An empty table is not taken. The unwinder has read this word. */
static bool is_empty(const void *begin)
{
    return !begin || *(const uint32_t *)begin == 0;
}

static void register_one(void *begin)
{
    REAL(register_one)(begin);
    if (!is_empty(begin))
        note(NUMBER_register_one, begin, NULL, CALLER());
}

static void register_info(const void *begin, void *object)
{
    REAL(register_info)(begin, object);
    if (!is_empty(begin))
        note(NUMBER_register_info, begin, object, CALLER());
}

static void register_info_bases(const void *begin, void *object, void *text, void *data)
{
    REAL(register_info_bases)(begin, object, text, data);
    if (!is_empty(begin))
        note(NUMBER_register_info_bases, begin, object, CALLER());
}

static void register_table(void *begin)
{
    REAL(register_table)(begin);
    note(NUMBER_register_table, begin, NULL, CALLER());
}

static void register_info_table(void *begin, void *object)
{
    REAL(register_info_table)(begin, object);
    note(NUMBER_register_info_table, begin, object, CALLER());
}

static void register_info_table_bases(void *begin, void *object, void *text, void *data)
{
    REAL(register_info_table_bases)(begin, object, text, data);
    note(NUMBER_register_info_table_bases, begin, object, CALLER());
}

/* Before the real call; but an entry of an unloaded module stays until the call returns, which may
 * be the predicted crash. */
static bool forget_before(const void *begin)
{
    return registering_forget(REGISTERED_FRAMES, (uintptr_t)begin, true);
}

static void forget_after(const void *begin, bool any)
{
    if (any)
        registering_forget(REGISTERED_FRAMES, (uintptr_t)begin, false);
}

static void deregister_one(void *begin)
{
    bool any = forget_before(begin);
    REAL(deregister_one)(begin);
    forget_after(begin, any);
}

static void *deregister_info(const void *begin)
{
    bool any = forget_before(begin);
    void *object = REAL(deregister_info)(begin);
    forget_after(begin, any);
    return object;
}

static void *deregister_info_bases(const void *begin)
{
    bool any = forget_before(begin);
    void *object = REAL(deregister_info_bases)(begin);
    forget_after(begin, any);
    return object;
}

/* The unwinder whose functions ours call, with a reference, and how many others there were. One
 * thread at a time searches: it holds the loader's list. */
static struct module *unwinder;
static bool has_rivals;
static _Atomic uint64_t seen_epoch, patched_epoch;
static _Atomic bool is_known;

static void use(struct module *module)
{
    module_unref(unwinder);
    unwinder = module_ref(module);
    for (unsigned i = 0; i < FUNCTION_COUNT; i++)
        atomic_store(&functions[i].real, module_symbol(module, functions[i].name));
    atomic_store(&is_known, true);
}

static void find_unwinder(struct module *module, void *data)
{
    if (module->is_shim || module == unwinder ||
        !module_symbol(module, functions[NUMBER_register_one].name))
        return;
    if (!unwinder || module_is_unloaded(unwinder))
        use(module);
    else
        has_rivals = true;
}

/* The target of an entry that is not bound yet is certain, and stays, if there is one unwinder that
 * stays, or if the module itself needs it. */
static bool is_certain(const struct module *module)
{
    struct elf_image image;
    const ElfW(Dyn) *at = NULL;
    const char *needed;
    if (has_rivals || module_is_permanent(unwinder))
        return !has_rivals;
    if (!elf_image_read(&image, module->bias, module->phdr, module->phnum))
        return false;
    while ((needed = elf_image_needed(&image, &at)) != NULL)
        if (!strcmp(needed, unwinder->identity))
            return true;
    return false;
}

static bool find_change(const char *name, struct got_change *change)
{
    if (name[0] != '_' || name[1] != '_' || (name[2] != 'r' && name[2] != 'd'))
        return false;
    for (unsigned i = 0; i < FUNCTION_COUNT; i++) {
        void *real = atomic_load(&functions[i].real);
        if (!real || strcmp(name, functions[i].name) != 0)
            continue;
        *change = (struct got_change){.from = real, .to = functions[i].ours};
        return true;
    }
    return false;
}

static bool find_bound(const char *name, struct got_change *change)
{
    if (!find_change(name, change))
        return false;
    change->bound = true;
    return true;
}

static bool came_later(const struct module *module)
{
    return !module->startup;
}

static bool came_later_and_is_certain(const struct module *module)
{
    return !module->startup && is_certain(module);
}

static bool came_at_startup(const struct module *module)
{
    return module->startup;
}

static bool came_at_startup_and_is_certain(const struct module *module)
{
    return module->startup && is_certain(module);
}

/* Modules that came with the program register their own tables. They are left alone until there is
 * a table of a plug-in that they could deregister. */
static void watch_startup(void)
{
    static _Atomic bool done;
    int saved_errno;
    if (atomic_load(&done) || !lifecycle_enter(&saved_errno))
        return;
    if (!atomic_exchange(&done, true)) {
        got_patch(0, UINT64_MAX, came_at_startup, find_bound);
        got_patch(0, UINT64_MAX, came_at_startup_and_is_certain, find_change);
    }
    guard_leave(saved_errno);
}

void unwind_tables_watch_new_modules(uint64_t loaded_since)
{
    uint64_t epoch = atomic_load(&modules_epoch);
    uint64_t seen = atomic_exchange(&seen_epoch, epoch);
    if (seen < epoch)
        held_each(seen, find_unwinder, NULL);
    uint64_t since = atomic_load(&patched_epoch);
    if (loaded_since < since)
        since = loaded_since;
    if (since >= epoch || !atomic_load(&is_known))
        return;
    got_patch(since, epoch, came_later, find_bound);
    got_patch(since, epoch, came_later_and_is_certain, find_change);
    atomic_store(&patched_epoch, epoch);
}
