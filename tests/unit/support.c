// SPDX-License-Identifier: MIT
#include "support.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/options.h"
#include "modules/object_at.h"
#include "ownership/common.h"
#include "ownership/sites.h"
#include "registry/heap.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void on_module(struct module *module, enum module_state state, bool more)
{
    if (state == MODULE_UNLOADED)
        sites_module_unloaded(module);
    else
        sites_module_loaded();
}

void support_start(void)
{
    find_object *find;
    if (!options.malloc_context_size)
        support_options("");
    *(void **)&find = dlsym(RTLD_DEFAULT, "_dl_find_object");
    object_at_init(find);
    modules_init(common_classify, on_module);
    modules_sync(0, false);
    sites_start();
}

void support_options(const char *text)
{
    struct text complaints = {0};
    options_parse(text, &complaints);
    cr_assert_str_empty(text_string(&complaints));
    text_free(&complaints);
}

const char *support_library(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s.so", getenv("DLPIN_UNIT_LIBRARIES"), name);
    return path;
}

struct plugin support_open(const char *name)
{
    void *handle = dlopen(support_library(name), RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(handle, "%s", dlerror());
    modules_sync(0, false);
    struct plugin plugin = {.handle = handle};
    *(void **)&plugin.call = dlsym(handle, "plugin_call");
    *(void **)&plugin.call_deeper = dlsym(handle, "plugin_call_deeper");
    *(void **)&plugin.call_aligned = dlsym(handle, "plugin_call_aligned");
    *(void **)&plugin.call_by = dlsym(handle, "plugin_call_by");
    *(void **)&plugin.routine = dlsym(handle, "plugin_routine");
    *(void **)&plugin.destructor = dlsym(handle, "plugin_destructor");
    plugin.data = dlsym(handle, "plugin_data");
    plugin.key = dlsym(handle, "plugin_key");
    plugin.module = module_ref(modules_find((uintptr_t)plugin.call));
    cr_assert_not_null(plugin.module);
    return plugin;
}

void support_close(struct plugin *plugin)
{
    cr_assert_eq(dlclose(plugin->handle), 0);
    modules_sync(0, false);
    cr_assert(module_is_unloaded(plugin->module));
}

struct module *support_module(const char *identity, uint32_t number, enum module_state state)
{
    struct module *module = arena_alloc(sizeof *module);
    ElfW(Phdr) *phdr = arena_alloc(sizeof *phdr);
    struct text path = {0};
    *phdr = (ElfW(Phdr)){
        .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = 0x10000, .p_memsz = 0x10000};
    text_printf(&path, "/nowhere/%s", identity);
    module->id = number;
    module->load = 1;
    module->bias = module->start = (uintptr_t)number * 0x10000;
    module->end = module->start + 0x10000;
    module->phdr = phdr;
    module->phnum = 1;
    module->path = arena_strdup(text_string(&path));
    module->identity = module->soname = arena_strdup(identity);
    module->end_epoch = state == MODULE_UNLOADED ? 1 : UINT64_MAX;
    module->state = state;
    text_free(&path);
    return module;
}

struct stack *support_stack(struct module *const *modules)
{
    uint32_t count = 0;
    while (modules[count])
        count++;
    struct stack *stack = arena_alloc(sizeof *stack + count * sizeof *stack->frames);
    stack->count = count;
    for (uint32_t i = 0; i < count; i++)
        stack->frames[i] = (struct frame){modules[i]->start + 0x100 + i, module_ref(modules[i])};
    return stack;
}

/* malloc/malloc.c: the word before the block is the chunk's size with three flags. Its own pages:
 * a sanitizer would not let us read what lies before a block of its malloc. */
void *support_block(size_t size, uint32_t site)
{
    size_t pages = (size + 2 * 4096) & ~(size_t)4095;
    char *map = mmap(NULL, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(map, MAP_FAILED);
    char *block = map + 64;
    size_t chunk = (size + sizeof(size_t) + 15) & ~(size_t)15;
    ((size_t *)(void *)block)[-1] = chunk | 1;
    heap_note(block, HEAP_SIZE_UNKNOWN, site);
    return block;
}

static char directory[PATH_MAX];

static void remove_directory(void)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command) != 0)
        perror(directory);
}

const char *support_directory(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/dlpin-unit-XXXXXX", base ? base : P_tmpdir);
    cr_assert_not_null(mkdtemp(directory));
    atexit(remove_directory);
    return directory;
}

json_t *support_records(const char *path)
{
    json_t *records = json_array();
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    cr_assert_not_null(file, "%s", path);
    while ((length = getline(&line, &size, file)) > 0) {
        json_error_t error;
        json_t *record = json_loadb(line, (size_t)length, JSON_REJECT_DUPLICATES, &error);
        cr_assert(json_is_object(record), "%s: %s", error.text, line);
        cr_assert_eq(line[length - 1], '\n');
        json_array_append_new(records, record);
    }
    free(line);
    fclose(file);
    return records;
}

json_t *support_of_type(json_t *records, const char *type)
{
    json_t *found = json_array(), *record;
    size_t i;
    json_array_foreach(records, i, record)
    {
        if (!strcmp(json_string_value(json_object_get(record, "type")), type))
            json_array_append(found, record);
    }
    return found;
}

static _Atomic uint64_t monotonic, processor, waited;
static _Atomic unsigned long waits;

static uint64_t read_monotonic(void)
{
    return monotonic;
}

static uint64_t read_processor(void)
{
    return processor;
}

static void wait_no_time(uint64_t nanoseconds)
{
    waits++;
    waited += nanoseconds;
    monotonic += nanoseconds;
}

void support_stop_clock(void)
{
    static const struct clock_source stopped = {read_monotonic, read_processor, wait_no_time};
    monotonic = clock_monotonic_ns();
    processor = clock_processor_ns();
    clock_replace(&stopped);
}

void support_pass_ns(uint64_t nanoseconds)
{
    monotonic += nanoseconds;
}

void support_pass_processor_ns(uint64_t nanoseconds)
{
    processor += nanoseconds;
}

unsigned long support_waits(void)
{
    return waits;
}

uint64_t support_waited_ns(void)
{
    return waited;
}

static int caught;

void support_catch_stderr(void)
{
    caught = memfd_create("stderr", MFD_CLOEXEC);
    cr_assert(caught >= 0 && dup2(caught, STDERR_FILENO) >= 0);
}

const char *support_caught(void)
{
    static char text[65536];
    ssize_t n = pread(caught, text, sizeof text - 1, 0);
    cr_assert(n >= 0);
    text[n] = '\0';
    return text;
}
