// SPDX-License-Identifier: MIT
#include "lifecycle/start.h"
#include "base/exec_file.h"
#include "base/options.h"
#include "base/output.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "base/variables.h"
#include "lifecycle/crash.h"
#include "lifecycle/ending.h"
#include "lifecycle/fork.h"
#include "lifecycle/request.h"
#include "modules/agenda.h"
#include "modules/budget.h"
#include "modules/object_at.h"
#include "modules/relro.h"
#include "modules/surroundings.h"
#include "ownership/aliases.h"
#include "ownership/common.h"
#include "registry/heap.h"
#include "registry/old_words.h"
#include "registry/opens.h"
#include "registry/threads.h"
#include "report/log.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static unsigned works_of(const struct module *module)
{
    return options.scan == SCAN_FULL && !module->is_shim ? WORK_STACKS | WORK_MEMORY : WORK_STACKS;
}

static void complete(struct module *module)
{
    common_classify(module);
    aliases_apply(module);
}

static void on_module(struct module *module, enum module_state state, bool more)
{
    old_words_expect();
    if (state == MODULE_UNLOADED) {
        sites_module_unloaded(module);
        agenda_add_locked(module, works_of(module));
        opens_module_unloaded(module);
        crash_listen();
    } else {
        sites_module_loaded();
    }
    if (lifecycle_is_own_process()) {
        report_module(module, state);
        if (!more && work_any(WORK_RECORDS) && budget_allows(MOMENT_EVENT, WORK_RECORDS, 0))
            report_flush_modules();
    }
}

/* Takes every path whose last part is `name` out of a list that is separated by colons or spaces,
 * in place. */
static void remove_from_list(char *list, const char *name)
{
    size_t length = strlen(name);
    for (char *at = list; *at;) {
        size_t item = strcspn(at, ": ");
        char *next = at + item + (at[item] != '\0');
        bool is_path = item > length && at[item - length - 1] == '/';
        if ((item == length || is_path) && !memcmp(at + item - length, name, length))
            memmove(at, next, strlen(next) + 1);
        else
            at = next;
    }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* trace_children=0: programs that this one starts do not get us. */
static void leave_children(void)
{
    char *list = getenv("LD_PRELOAD");
    const char *library = surroundings_own_path();
    if (list && library)
        remove_from_list(list, base_name(library));
}

static bool is_skipped(void)
{
    return common_in_globs(options.trace_children_skip, base_name(output_program()));
}

/* Programs that this one starts get us, or do not. */
static void prepare_for_children(void)
{
    const char *library = surroundings_own_path();
    if (!options.trace_children)
        leave_children();
    else if (library)
        variables_start(library);
    if (variables_are_known())
        exec_file_start(library, log_folder());
}

static void say_hello(void)
{
    struct text text = {0};
    text_printf(&text, "dlpin: version " DLPIN_VERSION " watches process %d, report file: %s\n",
                sys_getpid(), options.log_path ? options.log_path : "none");
    log_say(text_string(&text));
    text_free(&text);
}

static void read_options(const char *raw)
{
    struct text text = {0};
    options_parse(raw, &text);
    aliases_start(&text);
    if (options.help)
        options_describe(&text);
    if (text.length && (options.help || !options.quiet))
        log_say(text_string(&text));
    text_free(&text);
}

/* glibc: the environment is there before any constructor runs, but not yet in IFUNC resolvers. */
static bool is_too_early(void)
{
    return !environ;
}

void lifecycle_start(void)
{
    struct surroundings surroundings = {0};
    int saved_errno;
    int early = PHASE_EARLY;
    if (is_too_early() || !guard_enter(&saved_errno))
        return;
    variables_take();
    if (!atomic_compare_exchange_strong(&lifecycle_phase, &early, PHASE_STARTING)) {
        guard_leave(saved_errno);
        return;
    }
    if (getauxval(AT_SECURE)) {
        atomic_store(&lifecycle_phase, PHASE_INERT);
        guard_leave(saved_errno);
        return;
    }
    const char *raw = variables_options();
    atomic_store(&lifecycle_pid, sys_getpid());
    lifecycle_watch_filters();
    own_stack_prepare(); /* later it might take memory that the program has just released */
    output_init();
    read_options(raw);
    if (is_skipped()) {
        leave_children();
        atomic_store(&lifecycle_phase, PHASE_INERT);
        guard_leave(saved_errno);
        return;
    }
    surroundings_read(&surroundings);
    process_set_exit_code(surroundings.exit_start, surroundings.exit_end);
    heap_init(surroundings.glibc_malloc);
    heap_is_seen = surroundings.heap_seen;
    keys_set_libc_table(surroundings.pthread_keys);
    if (!surroundings.protection_seen)
        relro_expect_unseen();
    object_at_init(surroundings.find_object);
    report_init(raw);
    budget_start();
    if (options.verbosity >= 1)
        say_hello();
    modules_init(complete, on_module);
    modules_sync(0, false);
    prepare_for_children();
    sites_start();
    thread_self();
    lifecycle_watch_forks();
    atomic_store(&lifecycle_phase, PHASE_ACTIVE);
    request_listen();
    guard_leave(saved_errno);
}
