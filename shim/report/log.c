// SPDX-License-Identifier: MIT
#include "report/log.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/dropped.h"
#include "base/options.h"
#include "base/output.h"
#include "base/sys.h"
#include "modules/budget.h"
#include "report/records.h"

#include <string.h>
#include <time.h>

enum { HELD_MOST = 32768 };

static _Atomic bool tried;
static bool closed;
static struct text held; /* pending records of modules */
static pid_t held_by;    /* the process that they are of */
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

void log_write(struct text *text)
{
    log_flush_locked();
    write_out(text);
}

void log_write_module(struct module *module, enum module_state state)
{
    if (!held.length)
        held_by = sys_getpid();
    record_module(&held, module, state, log_now());
    work_note(WORK_RECORDS);
    if (held.length >= HELD_MOST)
        log_flush_locked();
}

static int collect_module(struct module *module, void *data)
{
    struct module ***next = data;
    *(*next)++ = module_ref(module);
    return 0;
}

static int count_module(struct module *module, void *data)
{
    ++*(size_t *)data;
    return 0;
}

/* Modules that were there before the file was. */
static void write_known_modules_locked(void)
{
    size_t count = 0;
    modules_each_known(count_module, &count);
    size_t size = (count + 16) * sizeof(struct module *);
    struct module **list = arena_alloc(size), **end = list;
    if (!list)
        return;
    modules_each_known(collect_module, &end);
    for (struct module **m = list; m < end; m++) {
        log_write_module(*m, atomic_load(&(*m)->state));
        module_unref(*m);
    }
    arena_free(list, size);
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
    write_known_modules_locked();
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
    text_free(&held); /* the parent writes them */
    work_take(WORK_RECORDS);
}

void log_close(void)
{
    closed = true;
}
