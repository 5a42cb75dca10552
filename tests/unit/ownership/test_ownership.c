// SPDX-License-Identifier: MIT
#include "base/compiler.h"
#include "base/guard.h"
#include "base/options.h"
#include "base/own_stack.h"
#include "ownership/caller.h"
#include "ownership/caller_stack.h"
#include "ownership/common.h"
#include "ownership/sites.h"
#include "ownership/unwind.h"
#include "support.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static bool glob(const char *pattern, const char *name)
{
    return common_glob(pattern, strlen(pattern), name);
}

Test(common, globs)
{
    cr_assert(glob("", ""));
    cr_assert(glob("*", "") && glob("*", "abc") && glob("**", "abc"));
    cr_assert(glob("abc", "abc") && !glob("abc", "abcd") && !glob("abcd", "abc"));
    cr_assert(glob("a?c", "abc") && !glob("a?c", "ac") && !glob("?", ""));
    cr_assert(glob("a*c", "ac") && glob("a*c", "abbbc") && !glob("a*c", "abcb"));
    cr_assert(glob("*ab*ab*", "xabyabz") && !glob("*ab*ab*", "xabyz"));
    cr_assert(glob("*.so.?", "libx.so.6") && !glob("*.so.?", "libx.so.66"));
    cr_assert(common_glob("abcdef", 3, "abc"), "only its length counts");
    cr_assert_not(glob("", "a"));
}

static struct module *classified(const char *identity)
{
    struct module *module = support_module(identity, 1, MODULE_LOADED);
    common_classify(module);
    return module;
}

Test(common, runtimes_and_libraries)
{
    cr_assert(classified("libc.so.6")->runtime && classified("libc.so.6")->common);
    cr_assert(classified("libstdc++.so.6")->runtime);
    cr_assert(classified("ld-linux-x86-64.so.2")->runtime);
    cr_assert(classified("libglib-2.0.so.0")->common && !classified("libglib-2.0.so.0")->runtime);
    cr_assert(classified("libuv.so.1")->common);
    cr_assert(!classified("plugin.so")->common && !classified("plugin.so")->runtime);
    cr_assert(!classified("libcurl.so.4")->common);
    cr_assert(!classified("libcrypt.so.1")->common);
}

Test(common, the_option_adds_some)
{
    support_options("common=liba.so*,,libb?.so,");
    cr_assert(classified("liba.so.3")->common && !classified("liba.so.3")->runtime);
    cr_assert(classified("libbx.so")->common && !classified("libb.so")->common);
    cr_assert_not(classified("plugin.so")->common);
}

struct frames {
    size_t count;
    uintptr_t pcs[UNWIND_MAX];
};

static void unwind(void *data)
{
    struct frames *frames = data;
    frames->count = unwind_stack(frames->pcs, UNWIND_MAX);
}

static const struct module *module_of(uintptr_t pc)
{
    return modules_find(pc - 1);
}

Test(unwind, the_plugins_frame_comes_first)
{
    struct frames frames;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(unwind, &frames);
    cr_assert(frames.count >= 1);
    cr_assert_eq(module_of(frames.pcs[0]), plugin.module, "no frames of ours");
    for (size_t i = 0; i < frames.count; i++)
        cr_assert_not(module_of(frames.pcs[i]) && module_of(frames.pcs[i])->is_shim);
}

Test(unwind, through_another_library)
{
    struct frames frames;
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    plugin.call_by(through.call, unwind, &frames);
    cr_assert_eq(module_of(frames.pcs[0]), through.module);
    cr_assert_eq(module_of(frames.pcs[1]), plugin.module);
    plugin.call_by(through.call_deeper, unwind, &frames);
    cr_assert_eq(module_of(frames.pcs[0]), through.module);
    cr_assert_eq(module_of(frames.pcs[1]), plugin.module);
}

enum { SMALL_STACK = 256 << 10 };

struct walk {
    struct plugin plugin;
    struct frames before, frames;
    struct cfi_frame caller;
    bool has_caller;
};

static void unwind_here(void *data)
{
    struct walk *walk = data;
    unwind(&walk->frames);
    walk->has_caller = caller_stack_frame(&walk->caller);
}

static void unwind_on_own_stack(void *data)
{
    struct walk *walk = data;
    unwind(&walk->before);
    cr_assert(own_stack_run(unwind_here, walk));
}

static struct walk *context_walk;

static void walk_in_context(void)
{
    context_walk->plugin.call_deeper(unwind_on_own_stack, context_walk);
}

/* The stack that it is called on lies at `place`, if there is room. */
static void check_walk_from(uintptr_t place)
{
    static struct walk walk;
    ucontext_t here, there;
    char *stack = mmap((void *)place, SMALL_STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    support_start();
    walk.plugin = support_open("plugin");
    context_walk = &walk;
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = SMALL_STACK;
    there.uc_link = &here;
    makecontext(&there, walk_in_context, 0);
    swapcontext(&here, &there);
    cr_assert(walk.frames.count >= 1 && walk.frames.count == walk.before.count);
    cr_assert_arr_eq(walk.frames.pcs, walk.before.pcs, walk.before.count * sizeof(uintptr_t));
    cr_assert_eq(module_of(walk.frames.pcs[0]), walk.plugin.module);
    cr_assert(walk.has_caller);
    cr_assert_eq(walk.caller.pc, walk.frames.pcs[0]);
    uintptr_t sp = walk.caller.registers[CFI_SP];
    cr_assert(sp > (uintptr_t)stack && sp < (uintptr_t)stack + SMALL_STACK);
}

Test(unwind, leads_up_from_a_stack_of_our_own)
{
    check_walk_from(0);
}

Test(unwind, leads_down_from_a_stack_of_our_own)
{
    check_walk_from(16 << 20);
}

static void unwind_two(void *data)
{
    uintptr_t pcs[3] = {0, 0, 77};
    *(size_t *)data = unwind_stack(pcs, 2);
    cr_assert_eq(pcs[2], 77);
    cr_assert_eq(unwind_stack(pcs, 0), 0);
}

Test(unwind, no_more_than_asked_for)
{
    size_t count;
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    plugin.call_by(through.call, unwind_two, &count);
    cr_assert_eq(count, 2);
}

static void capture(void *data)
{
    *(struct stack **)data = stack_capture(8);
}

Test(stack, holds_references)
{
    struct stack *stack;
    support_start();
    struct plugin plugin = support_open("plugin");
    uint32_t before = plugin.module->references;
    plugin.call(capture, &stack);
    cr_assert_eq(stack->frames[0].module, plugin.module);
    cr_assert(stack->count <= 8);
    cr_assert_eq(plugin.module->references, before + 1);
    struct stack *copy = stack_copy(stack);
    cr_assert_eq(plugin.module->references, before + 2);
    stack_free(copy);
    stack_free(stack);
    cr_assert_eq(plugin.module->references, before);
    stack_free(NULL);
    cr_assert_null(stack_copy(NULL));
    cr_assert_null(stack_make(NULL, 0));
}

Test(stack, code_that_came_since_the_sync_is_got_to_know)
{
    struct stack *stack;
    support_start();
    void *handle = dlopen(support_library("plugin"), RTLD_NOW);
    void (*call)(callback *, void *);
    *(void **)&call = dlsym(handle, "plugin_call");
    call(capture, &stack);
    cr_assert_not_null(stack->frames[0].module);
    cr_assert_str_eq(stack->frames[0].module->identity, "plugin.so");
}

Test(stack, owner_and_requester)
{
    struct module *libc = support_module("libc.so.6", 1, MODULE_LOADED);
    struct module *glib = support_module("libglib-2.0.so.0", 2, MODULE_LOADED);
    struct module *plugin = support_module("plugin.so", 3, MODULE_LOADED);
    struct module *host = support_module("host", 4, MODULE_LOADED);
    common_classify(libc);
    common_classify(glib);
    struct stack *stack = support_stack((struct module *[]){libc, glib, plugin, host, NULL});
    cr_assert_eq(stack_owner(stack)->module, glib);
    cr_assert_eq(stack_requester(stack, NULL)->module, plugin);
    cr_assert_eq(stack_requester(stack, plugin)->module, host);
    struct stack *only = support_stack((struct module *[]){libc, NULL});
    cr_assert_null(stack_owner(only));
    cr_assert_null(stack_requester(only, NULL));
    cr_assert_null(stack_owner(NULL));
    stack->frames[0].module = NULL;
    cr_assert_eq(stack_owner(stack)->module, glib, "code in no module is passed over");
}

static void site(void *data)
{
    *(uint32_t *)data =
        site_here((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa());
}

Test(sites, a_direct_caller)
{
    uint32_t first = 0, second = 0, other = 0;
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    plugin.call(site, &first);
    plugin.call(site, &second);
    through.call(site, &other);
    cr_assert_neq(first, 0);
    cr_assert_eq(first, second, "one number for one return address");
    cr_assert_neq(first, other);
    cr_assert_eq(site_get(first)->owner.module, plugin.module);
    cr_assert_eq(site_get(first)->requester.module, plugin.module);
    cr_assert_eq(site_get(first)->stack->frames[0].module, plugin.module);
    cr_assert_eq(site_get(other)->owner.module, through.module);
    cr_assert_null(site_get(0));
    cr_assert_null(site_get(UINT32_MAX));
    cr_assert_null(site_get(first + 1000000));
}

static void through_a_common_one(const char *options_text, bool deeper)
{
    uint32_t number = 0, again = 0;
    support_options(options_text);
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    cr_assert(through.module->common);
    plugin.call_by(deeper ? through.call_deeper : through.call, site, &number);
    plugin.call_by(deeper ? through.call_deeper : through.call, site, &again);
    cr_assert_neq(number, 0);
    cr_assert_eq(number, again);
    cr_assert_eq(site_get(number)->owner.module, through.module, "common, but no runtime");
    cr_assert_eq(site_get(number)->requester.module, plugin.module);
}

Test(sites, through_a_common_module)
{
    through_a_common_one("common=through.so", false);
}

Test(sites, through_a_frame_without_fixed_size)
{
    through_a_common_one("common=through.so", true);
}

Test(sites, only_common_modules)
{
    uint32_t number = 0;
    support_options("common=through.so,plugin.so,lib*");
    support_start();
    struct plugin plugin = support_open("plugin"), through = support_open("through");
    plugin.call_by(through.call, site, &number);
    cr_assert_eq(site_get(number)->owner.module, through.module);
}

Test(sites, a_new_load_gets_new_numbers)
{
    uint32_t numbers[4];
    support_start();
    for (int i = 0; i < 4; i++) {
        struct plugin plugin = support_open("plugin");
        plugin.call(site, &numbers[i]);
        cr_assert_eq(site_get(numbers[i])->owner.module, plugin.module);
        support_close(&plugin);
        cr_assert_eq(site_get(numbers[i])->owner.module, plugin.module, "its blocks keep it");
        for (int k = 0; k < i; k++)
            cr_assert_neq(numbers[k], numbers[i]);
    }
}

Test(sites, not_before_the_start_nor_inside_the_shim)
{
    uint32_t number = 1;
    cr_assert_eq(site_here(0x1234, 0x5678), 0);
    support_start();
    struct plugin plugin = support_open("plugin");
    guard.depth = 1;
    plugin.call(site, &number);
    cr_assert_eq(number, 0);
    guard.depth = 0;
    plugin.call(site, &number);
    cr_assert_neq(number, 0);
}

Test(sites, retired_numbers_are_given_back_but_those_in_use)
{
    uint32_t kept = 0, number = 0;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(site, &kept);
    support_close(&plugin);
    struct site_bitmap *bitmap = NULL;
    for (int i = 0; i < 4000 && !bitmap; i++) {
        plugin = support_open("plugin");
        plugin.call(site, &number);
        support_close(&plugin);
        module_unref(plugin.module);
        bitmap = sites_collect_begin();
    }
    cr_assert_not_null(bitmap, "thousands are worth it");
    site_mark(bitmap, kept);
    site_mark(bitmap, UINT32_MAX);
    uint32_t before = sites_count();
    sites_collect_end(bitmap);
    cr_assert(sites_count() < before / 2);
    cr_assert_not_null(site_get(kept));
    cr_assert_null(site_get(number));
}

static bool named, linked;

EXPORT void host_named(void);

EXPORT void host_named(void)
{
    uintptr_t pc = (uintptr_t)__builtin_return_address(0);
    named = caller_names(pc, (uintptr_t)host_named);
    linked = caller_is_linked(pc);
    cr_assert_not(caller_names(pc, (uintptr_t)host_named + 1));
}

static void *caller_function(const char *name)
{
    static void *handle;
    if (!handle)
        handle = dlopen(support_library("caller"), RTLD_NOW);
    cr_assert_not_null(handle, "%s", dlerror());
    return dlsym(handle, name);
}

Test(caller, by_name)
{
    void (*function)(void);
    *(void **)&function = caller_function("call_by_name");
    function();
    cr_assert(named && linked);
}

Test(caller, by_pointer)
{
    void (*function)(void (*)(void));
    *(void **)&function = caller_function("call_by_pointer");
    function(host_named);
    cr_assert(!named && !linked);
}

Test(caller, by_a_jump_from_elsewhere)
{
    void (*function)(void);
    *(void **)&function = caller_function("call_by_jump");
    function();
    cr_assert_not(named);
    cr_assert(linked);
}

Test(caller, code_that_cannot_be_read)
{
    cr_assert_not(caller_names(0x1000, (uintptr_t)host_named));
    cr_assert_not(caller_names(0, (uintptr_t)host_named));
    cr_assert_not(caller_names(UINTPTR_MAX, (uintptr_t)host_named));
    cr_assert_not(caller_is_linked(0x1000));
}
