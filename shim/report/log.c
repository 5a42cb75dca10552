// SPDX-License-Identifier: MIT
#include "report/log.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/dropped.h"
#include "base/options.h"
#include "base/output.h"
#include "base/sys.h"
#include "modules/budget.h"
#include "modules/named.h"
#include "report/loads.h"
#include "report/records.h"

#include <string.h>
#include <time.h>

enum { HELD_MOST = 32768 };

static _Atomic bool tried;
static bool closed;
static struct text held; /* pending records of modules */
static pid_t held_by;    /* the process that they are of */
static uint64_t forked;  /* when this process began as a fork child; 0: it did not */
static char *pattern;
static struct process_info process;

uint64_t log_now(void)
{
    return clock_monotonic_ns() - process.started_monotonic;
}

static void write_out(struct text *text)
{
    if (!closed && (text->failed || !output_file_write(text_string(text), text->length))) {
        drop(DROP_RECORD);
        output_file_spoil();
    }
    text_free(text);
}

/* A child that was made past fork(3) has a copy of what its parent will write. */
void log_flush_locked(void)
{
    if ((!held.length && !held.failed) || held_by != sys_getpid())
        return;
    work_take(WORK_RECORDS);
    write_out(&held);
    budget_note_done(WORK_RECORDS);
}

static struct text *begin_holding(void)
{
    pid_t pid = sys_getpid();
    if (held_by != pid)
        text_free(&held);
    held_by = pid;
    work_note(WORK_RECORDS);
    return &held;
}

static void end_holding(void)
{
    if (held.length >= HELD_MOST)
        log_flush_locked();
}

static void hold_module(struct module *module, enum module_state state, uint64_t time)
{
    record_module(begin_holding(), module, state, time);
    end_holding();
}

static void hold_counts(bool all)
{
    uint32_t module;
    unsigned count;
    while (loads_take_count(all, &module, &count)) {
        record_reloads(begin_holding(), module, count, log_now());
        end_holding();
    }
}

/* The module itself, or whoever opened it, or opened that one: a record names whom it follows. */
static struct module *first_to_list(struct module *module)
{
    struct module *opener = modules_by_id(module->opener_module);
    while (opener && !module_is_listed(opener)) {
        module = opener;
        opener = modules_by_id(module->opener_module);
    }
    return module;
}

/* A module whose loading was not reported yet is listed all the same. */
static void list_module(struct module *module)
{
    while (!module_is_listed(module)) {
        struct module *first = first_to_list(module);
        if (!first->loaded_at)
            loads_note(first, MODULE_LOADED, log_now());
        loads_list(first);
        hold_module(first, MODULE_LOADED, first->loaded_at);
        if (first->reported != MODULE_LOADED)
            hold_module(first, first->reported, first->changed_at);
    }
}

static void list_named(void)
{
    struct module *module;
    while ((module = modules_take_named()) != NULL) {
        list_module(module);
        module_unref(module);
    }
}

void log_write(struct text *text)
{
    list_named();
    hold_counts(true);
    log_flush_locked();
    write_out(text);
}

void log_write_module(struct module *module)
{
    if (module_is_listed(module))
        hold_module(module, module->reported, module->changed_at);
    else if (loads_take(module))
        list_module(module);
    else
        hold_counts(false);
}

void log_list_named(uint32_t number)
{
    struct module *module = modules_by_id(number);
    if (module)
        list_module(module);
}

struct known {
    struct module **modules; /* with references */
    size_t count, room;
};

static int count_module(struct module *module, void *data)
{
    struct known *known = data;
    known->room++;
    return 0;
}

static int collect_module(struct module *module, void *data)
{
    struct known *known = data;
    if (known->count < known->room)
        known->modules[known->count++] = module_ref(module);
    return 0;
}

/* Loads that were unloaded before a fork are the parent's. */
static void list_known(struct module *module, bool only_mapped)
{
    bool is_unloaded = module->reported == MODULE_UNLOADED;
    if (module_is_listed(module) || (is_unloaded && (only_mapped || module->changed_at < forked)))
        return;
    if (loads_take(module) || only_mapped)
        list_module(module);
}

/* Modules that come meanwhile are reported by themselves. */
static void list_all_known(bool only_mapped)
{
    struct known known = {0};
    modules_each_known(count_module, &known);
    size_t size = known.room * sizeof(struct module *);
    known.modules = arena_alloc(size);
    if (!known.modules)
        return;
    modules_each_known(collect_module, &known);
    for (size_t i = 0; i < known.count; i++) {
        list_known(known.modules[i], only_mapped);
        module_unref(known.modules[i]);
    }
    arena_free(known.modules, size);
}

void log_list_mapped_locked(void)
{
    list_all_known(true);
}

/* True: there is a file to write to. */
bool log_open_locked(void)
{
    if (!pattern)
        return false;
    if (tried)
        return true;
    tried = true;
    int error = output_file_open(pattern, process.program);
    if (error) {
        struct text line = {0};
        text_printf(&line, "dlpin: cannot create the report file '%s': %s\n", pattern,
                    strerrordesc_np(-error));
        if (!options.quiet)
            log_say(text_string(&line));
        text_free(&line);
        arena_free(pattern, strlen(pattern) + 1);
        pattern = NULL;
        return false;
    }
    struct text text = {0};
    record_header(&text, &process);
    log_write(&text);
    list_all_known(false); /* they were there before the file was */
    log_flush_locked();
    return true;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void log_init(const char *raw_options)
{
    const char *exe = output_program();
    process = (struct process_info){
        .program = base_name(exe),
        .exe = exe,
        .options = raw_options ? arena_strdup(raw_options) : NULL,
        .started_monotonic = clock_monotonic_ns(),
        .started = time(NULL),
    };
    if (options.log_path && *options.log_path)
        pattern = output_absolute_path(options.log_path);
}

const char *log_folder(void)
{
    const char *slash = pattern ? strrchr(pattern, '/') : NULL;
    const char *percent = pattern ? strchr(pattern, '%') : NULL;
    if (!slash || (percent && percent < slash))
        return NULL;
    char *folder = arena_strdup(pattern);
    if (folder)
        folder[slash > pattern ? slash - pattern : 1] = '\0';
    return folder;
}

bool log_is_wanted_empty(void)
{
    return options.log_empty || options.log_root == (unsigned)sys_getpid();
}

bool log_was_opened(void)
{
    return tried;
}

void log_say(const char *line)
{
    if (!output_stderr(line, strlen(line)))
        drop(DROP_TEXT);
}

void log_fork_child(void)
{
    output_fork_child();
    tried = false;
    closed = false;
    forked = log_now();
    text_free(&held); /* the parent writes them */
    loads_forget();
    work_take(WORK_RECORDS);
}

void log_close(void)
{
    closed = true;
}
