// SPDX-License-Identifier: MIT
#include "modules/modules.h"
#include "base/guard.h"
#include "modules/object_at.h"
#include "modules/relro.h"
#include "ownership/common.h"
#include "support.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

Test(modules, the_first_sync_finds_what_is_there)
{
    support_start();
    struct module *libc = modules_find((uintptr_t)dlsym(RTLD_DEFAULT, "getpid"));
    struct module *self = modules_find((uintptr_t)support_start);
    cr_assert_str_eq(libc->identity, "libc.so.6");
    cr_assert(libc->startup && libc->runtime && libc->common && libc->load == 1);
    cr_assert(self->is_shim && self->runtime && self->path[0] == '/');
    cr_assert_null(modules_find(0));
    cr_assert_null(modules_find(UINTPTR_MAX));
    cr_assert_null(modules_find((uintptr_t)malloc(1)));
    cr_assert_not(modules_changed());
}

Test(modules, a_load_and_an_unload)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    struct module *module = plugin.module;
    uintptr_t address = (uintptr_t)plugin.data;
    cr_assert_str_eq(module->path, support_library("plugin"));
    cr_assert_str_eq(module->soname, "plugin.so");
    cr_assert_eq(module->build_id_length, 20);
    cr_assert(!module->startup && !module->common && !module->runtime && !module->is_shim);
    cr_assert(module_is_code(module, (uintptr_t)plugin.call));
    cr_assert_not(module_is_code(module, address));
    cr_assert_eq(modules_by_handle(plugin.handle), module);
    cr_assert_eq(modules_by_id(module->id), module);
    uint64_t epoch = modules_epoch;

    cr_assert_eq(dlclose(plugin.handle), 0);
    cr_assert(modules_changed());
    cr_assert_eq(modules_find(address), module, "until the sync");
    cr_assert_eq(modules_sync(0, false).unloaded, 1);
    cr_assert(module_is_unloaded(module));
    cr_assert_null(modules_find(address));
    cr_assert_null(modules_by_handle(plugin.handle));
    cr_assert_eq(modules_unloads, 1);
    cr_assert_eq(modules_find_unloaded(address, epoch), module);
    cr_assert_null(modules_find_unloaded(address, modules_epoch), "stored after it went");
    cr_assert_null(modules_find_unloaded(address, module->epoch - 1), "stored before it came");
    cr_assert_not(modules_changed());
}

Test(modules, each_load_is_a_module_of_its_own)
{
    support_start();
    uint32_t last_id = 0;
    for (unsigned load = 1; load <= 5; load++) {
        struct plugin plugin = support_open("plugin");
        cr_assert_eq(plugin.module->load, load);
        cr_assert(plugin.module->id > last_id);
        last_id = plugin.module->id;
        support_close(&plugin);
        module_unref(plugin.module);
    }
}

/* More than between two collections. */
static void load_others(void)
{
    for (int i = 0; i < 40; i++) {
        struct plugin other = support_open("through");
        support_close(&other);
        module_unref(other.module);
    }
}

Test(modules, what_nothing_mentions_is_given_back)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    uint32_t id = plugin.module->id, load = plugin.module->load;
    support_close(&plugin);
    load_others();
    cr_assert_not_null(modules_by_id(id), "a reference is held");
    module_unref(plugin.module);
    load_others();
    cr_assert_null(modules_by_id(id));
    plugin = support_open("plugin");
    cr_assert_eq(plugin.module->load, load + 1, "load numbers go on");
}

Test(modules, memory_is_flat_over_many_loads)
{
    support_start();
    size_t before = 0;
    for (int i = 0; i < 600; i++) {
        struct plugin plugin = support_open("plugin");
        support_close(&plugin);
        module_unref(plugin.module);
        if (i == 100)
            before = arena_mapped();
    }
    cr_assert_eq(arena_mapped(), before);
}

Test(modules, a_handle_that_stays_open_is_no_unload)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    void *second = dlopen(support_library("plugin"), RTLD_NOW);
    cr_assert_eq(second, plugin.handle);
    modules_sync(0, false);
    cr_assert_eq(dlclose(plugin.handle), 0);
    cr_assert_eq(modules_sync(0, false).unloaded, 0);
    cr_assert_not(module_is_unloaded(plugin.module));
}

static void close_finalized(struct plugin *plugin)
{
    modules_finalized((uintptr_t)plugin->data, 17);
    cr_assert_eq(dlclose(plugin->handle), 0);
    modules_close_done(17);
}

Test(modules, a_finalized_module_is_unloaded)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    for (int i = 0; i < 3; i++) {
        struct plugin plugin = support_open("plugin"), through = support_open("through");
        close_finalized(&plugin);
        close_finalized(&through);
        cr_assert_eq(modules_sync(0, false).unloaded, 2);
        cr_assert(module_is_unloaded(plugin.module) && module_is_unloaded(through.module));
        module_unref(plugin.module);
        module_unref(through.module);
    }
}

/* Its destructor calls __cxa_finalize itself; a module that does not call it is unloaded with
 * it. */
Test(modules, a_module_that_finalizes_twice_is_unloaded_once)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    struct plugin twice = support_open("plugin"), never = support_open("through");
    modules_finalized((uintptr_t)twice.data, 17);
    close_finalized(&twice);
    cr_assert_eq(dlclose(never.handle), 0);
    cr_assert_eq(modules_sync(0, false).unloaded, 2);
    cr_assert(module_is_unloaded(twice.module) && module_is_unloaded(never.module));
}

/* A program may finalize a module that it does not close, while another one is unloaded that does
 * not finalize. */
Test(modules, what_finalized_and_stays_hides_nothing)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    struct plugin stays = support_open("plugin"), goes = support_open("through");
    modules_finalized((uintptr_t)stays.data, 17);
    cr_assert_eq(dlclose(goes.handle), 0);
    modules_close_done(17);
    modules_sync(0, false);
    cr_assert(module_is_unloaded(goes.module));
    cr_assert_not_null(modules_find((uintptr_t)stays.data));
}

/* A copy of the plug-in's file with its program headers at an offset, as tools that rewrite ELF
 * files lay them out: no segment has them. */
static void move_headers(const char *path, off_t offset)
{
    static char bytes[4 << 20];
    int from = open(support_library("plugin"), O_RDONLY), to = open(path, O_RDWR | O_CREAT, 0700);
    ssize_t length = read(from, bytes, sizeof bytes);
    ElfW(Ehdr) *header = (ElfW(Ehdr) *)(void *)bytes;
    cr_assert(from >= 0 && to >= 0 && length > 0 && length < (ssize_t)sizeof bytes);
    size_t size = header->e_phnum * sizeof(ElfW(Phdr)), before = header->e_phoff;
    header->e_phoff = (ElfW(Off))offset;
    cr_assert_eq(pwrite(to, bytes, (size_t)length, 0), length);
    cr_assert_eq(pwrite(to, bytes + before, size, offset), (ssize_t)size);
    close(from);
    close(to);
}

/* Something else may lie where they would be. */
static void occupy(void *handle, off_t offset)
{
    Dl_info info;
    cr_assert(dladdr(dlsym(handle, "plugin_data"), &info));
    void *place = (char *)info.dli_fbase + offset;
    void *got =
        mmap(place, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    cr_assert(got == place || errno == EEXIST);
}

Test(modules, program_headers_elsewhere)
{
    static const off_t offsets[] = {4 << 20, 0x20000000};
    char path[] = "/tmp/dlpin-headers-XXXXXX";
    support_start();
    struct plugin other = support_open("through"); /* what comes now is new in a known list */
    cr_assert(mkstemp(path) >= 0);
    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        move_headers(path, offsets[i]);
        void *handle = dlopen(path, RTLD_NOW);
        cr_assert_not_null(handle, "%s", dlerror());
        if (i == 0)
            occupy(handle, offsets[i]);
        cr_assert_eq(modules_sync(0, false).loaded, 1);
        struct module *module = modules_find((uintptr_t)dlsym(handle, "plugin_data"));
        cr_assert_str_eq(module->path, path);
        cr_assert_eq(dlclose(handle), 0);
        cr_assert_eq(modules_sync(0, false).unloaded, 1);
    }
    unlink(path);
    support_close(&other);
}

Test(modules, a_module_that_another_thread_finalized_is_unloaded_too)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    struct plugin own = support_open("plugin"), others = support_open("through");
    modules_finalized((uintptr_t)others.data, 18);
    cr_assert_eq(dlclose(others.handle), 0);
    close_finalized(&own);
    cr_assert_eq(modules_sync(0, false).unloaded, 2);
    cr_assert(module_is_unloaded(own.module) && module_is_unloaded(others.module));
    modules_close_done(18);
    struct plugin next = support_open("plugin");
    close_finalized(&next);
    cr_assert_eq(modules_sync(0, false).unloaded, 1);
    cr_assert(module_is_unloaded(next.module));
}

Test(modules, unloaded_and_loaded_between_two_syncs)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    modules_finalized((uintptr_t)plugin.data, 17);
    cr_assert_eq(dlclose(plugin.handle), 0);
    modules_close_done(17);
    void *again = dlopen(support_library("plugin"), RTLD_NOW);
    struct module_changes changes = modules_sync(0, false);
    cr_assert(module_is_unloaded(plugin.module));
    cr_assert_eq(changes.unloaded, 1);
    cr_assert_eq(changes.loaded, 1);
    struct module *successor = modules_find((uintptr_t)dlsym(again, "plugin_data"));
    cr_assert_neq(successor, plugin.module);
    cr_assert_eq(successor->load, 2);
}

/* More of them than there is room for. */
Test(modules, many_finalize_between_two_syncs)
{
    support_start();
    struct plugin plugin = support_open("plugin"), other = support_open("through");
    for (unsigned i = 0; i < 100; i++)
        modules_finalized((uintptr_t)other.data, 18);
    modules_finalized((uintptr_t)plugin.data, 17);
    cr_assert_eq(dlclose(plugin.handle), 0);
    modules_close_done(17);
    dlopen(support_library("plugin"), RTLD_NOW);
    struct module_changes changes = modules_sync(0, false);
    cr_assert(module_is_unloaded(plugin.module));
    cr_assert_not(module_is_unloaded(other.module), "its dlclose is not over");
    cr_assert_eq(changes.unloaded + changes.loaded, 2);
}

Test(modules, a_fork_child_forgets_the_dlcloses_of_other_threads)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    uint32_t before = plugin.module->references;
    modules_finalized((uintptr_t)plugin.data, 17);
    cr_assert_eq(plugin.module->references, before + 1);
    modules_fork_child();
    cr_assert_eq(plugin.module->references, before);
}

Test(modules, the_opener_is_kept)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    void *other = dlopen(support_library("through"), RTLD_NOW);
    modules_sync((uintptr_t)plugin.call + 1, true);
    struct module *module = modules_find((uintptr_t)dlsym(other, "plugin_call"));
    cr_assert_eq(module->opener, (uintptr_t)plugin.call + 1);
    cr_assert_eq(module->opener_module, plugin.module->id);
    cr_assert(module->deepbind);
}

Test(modules, new_code_is_found_without_a_sync)
{
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    void *handle = dlopen(support_library("plugin"), RTLD_NOW);
    uintptr_t code = (uintptr_t)dlsym(handle, "plugin_call");
    cr_assert_null(modules_find(code));
    struct module *module = modules_find_live(code);
    cr_assert_not_null(module);
    cr_assert_str_eq(module->identity, "plugin.so");
    cr_assert_eq(modules_find(code), module);
    cr_assert_eq(modules_sync(0, false).loaded, 0, "it is known already");
    cr_assert_eq(modules_find(code), module);
    cr_assert_null(modules_find_live((uintptr_t)malloc(1)));
}

Test(modules, older_loaders_are_asked_for_their_list)
{
    support_start();
    void *handle = dlopen(support_library("plugin"), RTLD_NOW);
    struct module *module = modules_find_live((uintptr_t)dlsym(handle, "plugin_call"));
    cr_assert_not_null(module);
    cr_assert_str_eq(module->identity, "plugin.so");
}

static unsigned told[3];

static bool more_to_come;

static void listen(struct module *module, enum module_state state, bool more)
{
    told[state]++;
    more_to_come = more;
}

Test(modules, the_listener_is_called_once)
{
    modules_init(common_classify, listen);
    modules_sync(0, false);
    unsigned at_start = told[MODULE_LOADED];
    cr_assert(at_start >= 3);
    cr_assert_not(more_to_come, "after the last one");
    struct plugin plugin = support_open("plugin");
    modules_sync(0, false);
    cr_assert_eq(told[MODULE_LOADED], at_start + 1);
    support_close(&plugin);
    modules_sync(0, false);
    cr_assert_eq(told[MODULE_UNLOADED], 1);
}

static _Atomic bool done;

static void *look(void *address)
{
    while (!done) {
        struct module *module = modules_find((uintptr_t)address);
        cr_assert(!module || module->start <= (uintptr_t)address);
    }
    return NULL;
}

Test(modules, readers_and_a_writer)
{
    support_start();
    struct plugin first = support_open("plugin");
    pthread_t ids[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&ids[i], NULL, look, first.data);
    support_close(&first);
    for (int i = 0; i < 200; i++) {
        struct plugin plugin = support_open("plugin");
        support_close(&plugin);
        module_unref(plugin.module);
    }
    done = true;
    for (int i = 0; i < 2; i++)
        pthread_join(ids[i], NULL);
}

Test(modules, relro_is_constant_until_somebody_makes_it_writable)
{
    uintptr_t start, end;
    support_start();
    object_at_init((find_object *)dlsym(RTLD_DEFAULT, "_dl_find_object"));
    struct plugin plugin = support_open("plugin"), other = support_open("through");
    uintptr_t data = (uintptr_t)plugin.data;
    cr_assert(relro_is_constant(plugin.module, &start, &end));
    cr_assert(start >= plugin.module->start && end <= plugin.module->end);
    cr_assert(data < start || data >= end);

    relro_note_writable((uintptr_t)&start & ~(uintptr_t)4095, (uintptr_t)&start | 4095);
    relro_note_writable(start - 4096, start);
    relro_note_writable(end, end + 4096);
    relro_note_writable(UINTPTR_MAX - 4095, 0);
    cr_assert(relro_is_constant(plugin.module, &start, &end), "of something else");

    relro_note_writable(end - 1, end);
    cr_assert_not(relro_is_constant(plugin.module, &start, &end));
    cr_assert(relro_is_constant(other.module, &start, &end));
}

Test(modules, relro_of_a_module_that_is_not_known_yet)
{
    uintptr_t start, end;
    support_start();
    struct plugin plugin = support_open("plugin");
    void *unknown = dlopen(support_library("through"), RTLD_NOW);
    uintptr_t data = (uintptr_t)dlsym(unknown, "plugin_data");
    cr_assert(relro_is_constant(plugin.module, &start, &end));
    relro_note_writable(data, data + 1);
    cr_assert_not(relro_is_constant(plugin.module, &start, &end), "it could be any");
}
