// SPDX-License-Identifier: MIT
/*
 * Stacks by libunwind, and everything that it calls (ownership/unwind_calls.h). A frame of
 * plugin_call_aligned is in each: no frame layout of layouts.h fits it.
 */
#include "modules/object_at.h"
#include "ownership/unwind.h"
#include "ownership/unwind_calls.h"
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* False: before glibc 2.35. */
static find_object *loader_find_object;

static bool find_loader_find_object(void)
{
    *(void **)&loader_find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
    return loader_find_object;
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

static bool is_left_out(uintptr_t pc)
{
    const struct module *module = modules_find(pc - 1);
    return module && module->is_shim;
}

/* A sanitizer puts a function of its own before it, which is on the stack then. */
static bool in_backtrace(uintptr_t pc)
{
    return modules_find(pc - 1) == modules_find((uintptr_t)&backtrace);
}

/* The C library's backtrace uses libgcc's unwinder. */
static void compare(void *data)
{
    struct frames frames;
    void *wanted[UNWIND_MAX];
    int most = backtrace(wanted, UNWIND_MAX), first = 0;
    size_t n = 0;
    unwind(&frames);
    while (first < most && in_backtrace((uintptr_t)wanted[first]))
        first++;
    for (int i = first; i < most; i++)
        if (!is_left_out((uintptr_t)wanted[i])) {
            cr_assert_lt(n, frames.count);
            cr_assert_eq(frames.pcs[n++], (uintptr_t)wanted[i], "frame %d", i);
        }
    cr_assert_eq(frames.count, n);
    *(size_t *)data = n;
}

/* The innermost frame is the one that libunwind is needed for. */
static struct plugin inner;

static void compare_aligned(void *data)
{
    inner.call_aligned(compare, data);
}

struct descent {
    struct plugin *plugin;
    unsigned left;
    size_t count;
};

static void descend(void *data)
{
    struct descent *descent = data;
    if (descent->left-- == 0)
        compare_aligned(&descent->count);
    else if (descent->left % 2)
        descent->plugin->call_deeper(descend, descent);
    else
        descent->plugin->call(descend, descent);
}

static void compare_at_all_depths(void)
{
    struct plugin plugin = support_open("plugin");
    inner = support_open("through");
    for (unsigned depth = 0; depth < 40; depth++) {
        struct descent descent = {&plugin, depth, 0};
        descend(&descent);
        cr_assert_geq(descent.count, depth + 1);
    }
}

Test(libunwind, all_depths)
{
    support_start();
    compare_at_all_depths();
}

Test(libunwind, all_depths_by_our_list)
{
    support_start();
    object_at_init(NULL);
    compare_at_all_depths();
}

static size_t in_handler;

static void handle(int number)
{
    compare_aligned(&in_handler);
}

static void interrupt(void *data)
{
    raise(SIGUSR1);
}

Test(libunwind, a_signal_handler)
{
    support_start();
    inner = support_open("plugin");
    signal(SIGUSR1, handle);
    inner.call_deeper(interrupt, NULL);
    cr_assert_geq(in_handler, 4);
}

Test(libunwind, a_signal_handler_on_its_own_stack)
{
    static char room[65536];
    support_start();
    inner = support_open("plugin");
    cr_assert_eq(sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof room}, NULL), 0);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handle, .sa_flags = SA_ONSTACK}, NULL);
    inner.call_deeper(interrupt, NULL);
    cr_assert_geq(in_handler, 4);
}

#if defined(HAVE_CXX)
Test(libunwind, from_cxx)
{
    static const char *const ways[] = {"cxx_call_in_sort", "cxx_call_in_catch",
                                       "cxx_call_in_destructor"};
    support_start();
    inner = support_open("plugin");
    void *handle = dlopen(support_library("cxx"), RTLD_NOW);
    cr_assert_not_null(handle, "%s", dlerror());
    modules_sync(0, false);
    for (unsigned i = 0; i < 3; i++) {
        size_t count = 0;
        void (*call)(callback * function, void *data);
        *(void **)&call = dlsym(handle, ways[i]);
        call(compare_aligned, &count);
        cr_assert_geq(count, 2, "%s", ways[i]);
    }
}
#endif

Test(libunwind, a_plugin_that_the_list_does_not_have_yet)
{
    struct frames before, after;
    struct plugin late;
    support_start();
    if (!find_loader_find_object())
        return;
    object_at_init(NULL);
    inner = support_open("plugin");
    void *handle = dlopen(support_library("through"), RTLD_NOW);
    cr_assert_not_null(handle, "%s", dlerror());
    *(void **)&late.call_by = dlsym(handle, "plugin_call_by");
    late.call_by(inner.call_aligned, unwind, &before);
    cr_assert_eq(before.count, 2, "the list alone leads no further");
    object_at_init(loader_find_object);
    late.call_by(inner.call_aligned, unwind, &after);
    cr_assert_gt(after.count, 2);
}

/* Then everything is as before. */
static void unwind_as_ever(const struct plugin *plugin)
{
    struct frames frames;
    plugin->call_aligned(unwind, &frames);
    cr_assert_geq(frames.count, 2);
    cr_assert_eq(modules_find(frames.pcs[0] - 1), plugin->module);
}

Test(libunwind, gives_up_where_it_would_abort)
{
    struct frames frames = {.count = 77};
    void (*call_undescribed)(callback * function, void *data);
    support_start();
    struct plugin plugin = support_open("plugin");
    *(void **)&call_undescribed = dlsym(plugin.handle, "plugin_call_undescribed");
    support_catch_stderr();
    for (int i = 0; i < 3; i++) {
        call_undescribed(unwind, &frames);
        cr_assert_eq(frames.count, 1);
        cr_assert_eq(modules_find(frames.pcs[0] - 1), plugin.module);
    }
    cr_assert_str_empty(support_caught());
    unwind_as_ever(&plugin);
}

static const struct module *lied_about;

/* The file's header is where the tables should be. */
static int lie(void *address, struct dl_find_object *found)
{
    int result = loader_find_object(address, found);
    if (result == 0 && lied_about->start == (uintptr_t)found->dlfo_map_start)
        found->dlfo_eh_frame = found->dlfo_map_start;
    return result;
}

Test(libunwind, is_silent_about_broken_tables)
{
    struct frames frames;
    support_start();
    struct plugin plugin = support_open("plugin");
    if (!find_loader_find_object())
        return;
    lied_about = plugin.module;
    object_at_init(lie);
    support_catch_stderr();
    plugin.call_aligned(unwind, &frames);
    cr_assert_eq(frames.count, 1);
    cr_assert_str_empty(support_caught());
    object_at_init(loader_find_object);
    unwind_as_ever(&plugin);
}

static void unwind_without_environment(void *data)
{
    char **environment = environ;
    environ = (char **)8;
    unwind(data);
    environ = environment;
}

Test(libunwind, reads_no_environment)
{
    struct frames frames;
    support_start();
    support_open("plugin").call_aligned(unwind_without_environment, &frames);
    cr_assert_geq(frames.count, 2);
}

/* The program would see a change of dlerror() and errno. */
static void unwind_unseen(void *data)
{
    cr_assert_null(dlopen("/nowhere/at/all.so", RTLD_NOW));
    errno = 77;
    unwind(data);
    cr_assert_eq(errno, 77);
    const char *error = dlerror();
    cr_assert(error && strstr(error, "/nowhere/at/all.so"));
}

Test(libunwind, leaves_dlerror)
{
    struct frames frames;
    support_start();
    support_open("plugin").call_aligned(unwind_unseen, &frames);
    cr_assert_geq(frames.count, 2);
}

typedef void calling(callback *function, void *data);

/* A copy of code that is the same wherever it lies, in memory that no tables are about. */
static calling *generated_code(void)
{
#if defined(__x86_64__)
    static const unsigned char code[] = {0x55,                    /* push %rbp */
                                         0x48, 0x89, 0xf8,        /* mov %rdi, %rax */
                                         0x48, 0x89, 0xf7,        /* mov %rsi, %rdi */
                                         0xff, 0xd0, 0x5d, 0xc3}; /* call *%rax; pop; ret */
#else
    static const uint32_t code[] = {0xa9bf7bfd, 0xaa0003e2, 0xaa0103e0,  /* stp; mov; mov */
                                    0xd63f0040, 0xa8c17bfd, 0xd65f03c0}; /* blr; ldp; ret */
#endif
    calling *function;
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(map, MAP_FAILED);
    memcpy(map, code, sizeof code);
    cr_assert_eq(mprotect(map, 4096, PROT_READ | PROT_EXEC), 0);
    __builtin___clear_cache(map, (char *)map + sizeof code);
    *(void **)&function = map;
    return function;
}

Test(libunwind, generated_code_is_the_last_frame)
{
    struct frames frames;
    support_start();
    struct plugin plugin = support_open("plugin");
    calling *generated = generated_code();
    uintptr_t start = (uintptr_t)generated;
    support_catch_stderr();
    generated(unwind, &frames);
    cr_assert_eq(frames.count, 1);
    cr_assert(frames.pcs[0] > start && frames.pcs[0] < start + 4096);
    cr_assert_str_empty(support_caught());
    unwind_as_ever(&plugin);
}

int libunwind_iterate_phdr(int (*callback)(struct dl_phdr_info *info, size_t size, void *data),
                           void *data);
void libunwind_abort(void);

/* As libunwind's, but the address is not where it is expected. */
struct looked_for {
    uintptr_t unused[3], address;
    unsigned offered;
    bool found, abort;
};

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct looked_for *looked_for = data;
    const ElfW(Phdr) *load = &info->dlpi_phdr[0];
    looked_for->offered++;
    if (looked_for->address - load->p_vaddr >= load->p_memsz)
        return 0;
    looked_for->found = true;
    if (looked_for->abort)
        libunwind_abort();
    return 1;
}

static void iterate(void *data)
{
    cr_assert_eq(libunwind_iterate_phdr(look, data), 1);
}

Test(libunwind, every_object_is_offered_where_the_address_is_not_known)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    struct looked_for looked_for = {.address = plugin.module->start + 8};
    cr_assert(unwind_protected(iterate, &looked_for));
    cr_assert(looked_for.found && looked_for.offered > 1);
    looked_for.abort = true;
    looked_for.found = false;
    cr_assert_not(unwind_protected(iterate, &looked_for));
    cr_assert(looked_for.found);
    unwind_as_ever(&plugin);
}
