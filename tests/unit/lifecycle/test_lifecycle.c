// SPDX-License-Identifier: MIT
#include "lifecycle/check.h"
#include "lifecycle/ending.h"
#include "lifecycle/events.h"
#include "lifecycle/loader.h"
#include "lifecycle/locks.h"
#include "lifecycle/settle.h"
#include "lifecycle/start.h"
#include "base/action.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/output.h"
#include "ownership/caller.h"
#include "ownership/sites.h"
#include "registry/key_stubs.h"
#include "registry/threads.h"
#include "report/report.h"
#include "support.h"

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts with these options and a report file. */
static void start_with(const char *more)
{
    char text[8192];
    snprintf(text, sizeof text, "log_path=%s/report.%%p:quiet=1%s", support_directory(), more);
    setenv("DLPIN_OPTIONS", text, 1);
    support_stop_clock();
    lifecycle_start();
    cr_assert_eq(lifecycle_phase, PHASE_ACTIVE);
    guard.depth = 1; /* as inside an interposed function */
}

static json_t *records(const char *type)
{
    return support_of_type(support_records(output_file_path()), type);
}

static struct plugin open_plugin(void)
{
    struct plugin plugin = support_open("plugin");
    lifecycle_settle();
    return plugin;
}

static void close_plugin(struct plugin *plugin)
{
    guard.dlclose_depth++;
    lifecycle_closing_handle(plugin->handle);
    cr_assert_eq(dlclose(plugin->handle), 0);
    guard.dlclose_depth--;
    lifecycle_closed();
}

static const char *text_of(json_t *array, size_t i, const char *name)
{
    const char *value = json_string_value(json_object_get(json_array_get(array, i), name));
    return value ? value : "";
}

Test(start, options_are_read_and_modules_known)
{
    start_with(":exitcode=9:malloc_context_size=3");
    cr_assert_eq(options.exitcode, 9);
    cr_assert_eq(options.malloc_context_size, 3);
    report_flush_locked(); /* they wait for others */
    cr_assert(json_array_size(records("module")) >= 4);
    cr_assert_eq(json_array_size(records("header")), 1);
    cr_assert(lifecycle_is_own_process());
}

Test(start, only_once)
{
    start_with("");
    lifecycle_start();
    cr_assert_eq(json_array_size(records("header")), 1);
}

Test(start, complaints_and_help_are_on_standard_error)
{
    support_catch_stderr();
    setenv("DLPIN_OPTIONS", "nonsense=1:help=1", 1);
    lifecycle_start();
    cr_assert_not_null(strstr(support_caught(), "unknown option 'nonsense'"));
    cr_assert_not_null(strstr(support_caught(), "malloc_context_size (default 8)"));
}

Test(start, without_options_it_is_silent)
{
    support_catch_stderr();
    unsetenv("DLPIN_OPTIONS");
    lifecycle_start();
    cr_assert_eq(lifecycle_phase, PHASE_ACTIVE);
    cr_assert_str_empty(support_caught());
}

/* The rest of LD_PRELOAD, when it was `format` with our own path for @. */
static const char *left_of(const char *format, bool trace)
{
    char list[8192] = "", self[4096] = "";
    cr_assert(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    for (const char *at = format; *at; at++) {
        if (*at == '@')
            strcat(list, self);
        else
            strncat(list, at, 1);
    }
    setenv("LD_PRELOAD", list, 1);
    setenv("DLPIN_OPTIONS", trace ? "" : "trace_children=0", 1);
    lifecycle_start();
    return getenv("LD_PRELOAD");
}

static size_t count_modules(void)
{
    return json_array_size(records("module"));
}

/* Of many that are loaded at once not each takes a write of its own. */
Test(records, of_modules_are_written_every_four_milliseconds)
{
    enum { APART_NS = 4000000 }; /* modules/budget.c */
    start_with("");
    report_flush_modules();
    size_t before = count_modules();
    struct plugin plugin = open_plugin();
    cr_assert_eq(count_modules(), before);
    support_pass_ns(APART_NS - 1);
    close_plugin(&plugin);
    cr_assert_eq(count_modules(), before);
    plugin = open_plugin();
    cr_assert_eq(count_modules(), before);
    support_pass_ns(1);
    close_plugin(&plugin);
    cr_assert_eq(count_modules(), before + 4);
}

Test(preload, stays_by_default)
{
    cr_assert_neq(strcmp(left_of("/a.so:@:/b.so", true), "/a.so:/b.so"), 0);
}

Test(preload, left_alone)
{
    cr_assert_str_eq(left_of("@", false), "");
}

Test(preload, left_first)
{
    cr_assert_str_eq(left_of("@:/b.so", false), "/b.so");
}

Test(preload, left_in_the_middle_and_twice)
{
    cr_assert_str_eq(left_of("/a.so:@ @:/b.so", false), "/a.so:/b.so");
}

Test(preload, left_last)
{
    const char *list = left_of("/a.so:@", false);
    cr_assert(!strcmp(list, "/a.so") || !strcmp(list, "/a.so:"), "%s", list);
}

Test(preload, a_longer_name_is_another)
{
    const char *list = left_of("@x:/lib@", false);
    cr_assert_neq(list[0], '\0');
    cr_assert_not_null(strchr(list, ':'));
}

static pthread_key_t number;

/* A real key: what libc's table does not have is taken for deleted. */
static void create_key(void *data)
{
    const struct plugin *plugin = data;
    cr_assert_eq(pthread_key_create(&number, plugin->destructor), 0);
    key_created(number, plugin->destructor, (pthread_key_t *)plugin->key);
}

Test(unload, a_key_left_behind)
{
    start_with(":exitcode=7");
    struct plugin plugin = open_plugin();
    plugin.call(create_key, &plugin);
    lifecycle_check(MOMENT_UNLOADED);
    cr_assert_eq(json_array_size(records("finding")), 0, "it is still there");
    cr_assert_eq(lifecycle_exit_status(3), 3);
    close_plugin(&plugin);
    json_t *found = records("finding");
    cr_assert_eq(json_array_size(found), 1);
    cr_assert_str_eq(text_of(found, 0, "kind"), "key-destructor");
    cr_assert_str_eq(text_of(found, 0, "at"), "dlclose");
    cr_assert_eq(lifecycle_exit_status(3), 7);
    lifecycle_check(MOMENT_REQUEST);
    cr_assert_eq(json_array_size(records("finding")), 1, "found once");
}

Test(unload, a_key_that_was_deleted_past_us)
{
    start_with("");
    struct plugin plugin = open_plugin();
    plugin.call(create_key, &plugin);
    cr_assert_eq(pthread_key_delete(number), 0);
    close_plugin(&plugin);
    cr_assert_eq(json_array_size(records("finding")), 0);
}

Test(unload, a_clean_plugin)
{
    struct key was;
    start_with(":exitcode=7");
    struct plugin plugin = open_plugin();
    plugin.call(create_key, &plugin);
    key_deleted(number, &was);
    cr_assert_eq(pthread_key_delete(number), 0);
    lifecycle_key_deleted(number, &was, 0, (uintptr_t)plugin.call + 1, 0);
    close_plugin(&plugin);
    lifecycle_finish("exit", true);
    cr_assert_eq(json_array_size(records("finding")), 0);
    cr_assert_eq(lifecycle_exit_status(0), 0);
}

static void prepare(void *data)
{
    struct plugin *plugin = data;
    cr_assert_not_null(thread_prepare((uintptr_t)plugin->routine, 0));
}

Test(unload, a_thread_is_pending_before_and_confirmed_after)
{
    start_with("");
    struct plugin plugin = open_plugin();
    plugin.call(prepare, &plugin);
    lifecycle_closing_handle(plugin.handle);
    json_t *found = records("finding");
    cr_assert_eq(json_array_size(found), 1);
    cr_assert(json_is_true(json_object_get(json_array_get(found, 0), "pending")));
    cr_assert_eq(dlclose(plugin.handle), 0);
    lifecycle_closed();
    found = records("finding");
    cr_assert_eq(json_array_size(found), 2);
    cr_assert_null(json_object_get(json_array_get(found, 1), "pending"));
}

Test(unload, a_thread_of_a_module_that_stays)
{
    start_with("");
    struct plugin plugin = open_plugin();
    dlopen(support_library("plugin"), RTLD_NOW);
    plugin.call(prepare, &plugin);
    close_plugin(&plugin);
    cr_assert_eq(json_array_size(records("finding")), 1);
    cr_assert_eq(json_array_size(records("resolved")), 1);
}

Test(unload, inside_a_destructor_nothing_is_decided)
{
    start_with("");
    struct plugin plugin = open_plugin();
    plugin.call(create_key, &plugin);
    guard.dlclose_depth = 1;
    dlclose(plugin.handle);
    lifecycle_closed();
    cr_assert_eq(json_array_size(records("finding")), 0);
    guard.dlclose_depth = 0;
    lifecycle_closed();
    cr_assert_eq(json_array_size(records("finding")), 1);
}

/* Of many unloads that follow each other not each is worth system calls. */
Test(unload, a_setting_that_bypassed_the_shim_is_checked_once_a_millisecond)
{
    enum { TOGETHER_NS = 1000000 }; /* modules/budget.c */
    start_with("");
    struct plugin plugin = open_plugin();
    close_plugin(&plugin); /* looks */
    plugin = open_plugin();
    struct action action = {.handler = (__sighandler_t)(uintptr_t)plugin.destructor};
    cr_assert(action_set(SIGUSR1, &action, NULL));
    close_plugin(&plugin);
    cr_assert_eq(json_array_size(records("finding")), 0);
    support_pass_ns(TOGETHER_NS - 1);
    lifecycle_check(MOMENT_UNLOADED);
    cr_assert_eq(json_array_size(records("finding")), 0);
    support_pass_ns(1);
    lifecycle_check(MOMENT_UNLOADED);
    cr_assert_eq(json_array_size(records("finding")), 1);
    cr_assert_str_eq(text_of(records("finding"), 0, "kind"), "signal-handler");
}

Test(the_end, summary_once_but_after_a_failed_exec_again)
{
    start_with("");
    lifecycle_finish("exec", true);
    cr_assert_eq(json_array_size(records("summary")), 1);
    lifecycle_exit_begins();
    lifecycle_finish("exit", true);
    lifecycle_finish("_exit", true);
    json_t *summaries = records("summary");
    cr_assert_eq(json_array_size(summaries), 2);
    cr_assert_str_eq(text_of(summaries, 0, "ended"), "exec");
    cr_assert_str_eq(text_of(summaries, 1, "ended"), "exit");
}

Test(forks, the_child_has_its_own_file_and_free_locks)
{
    start_with("");
    struct plugin plugin = open_plugin();
    plugin.call(create_key, &plugin);
    close_plugin(&plugin);
    guard.depth = 0;
    pid_t child = fork();
    if (child == 0) {
        guard.depth = 1;
        cr_assert(lifecycle_is_own_process());
        lifecycle_check(MOMENT_UNLOADED);
        cr_assert_eq(json_array_size(records("header")), 1);
        cr_assert_eq(json_array_size(records("finding")), 0, "the parent has it");
        lifecycle_finish("_exit", true);
        cr_assert_eq(json_array_size(records("summary")), 1);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    guard.depth = 1;
    cr_assert_eq(json_array_size(records("header")), 1);
    lifecycle_check(MOMENT_UNLOADED);
    cr_assert_eq(json_array_size(records("summary")), 0);
}

/* In the order in which they are taken. */
static struct lock *const locks[] = {&check_lock, &changes_lock, &report_lock,    &registry_lock,
                                     &sites_lock, &modules_lock, &key_stubs_lock, &arena_lock};
enum { LOCKS = sizeof locks / sizeof *locks };

static struct lock *held;
static _Atomic int is_held, has_forked;

/* Holds the lock until the one that forks waits for it, or has not. */
static void *hold_meanwhile(void *unused)
{
    enum { WAITED_FOR = 2 };
    cr_assert(lock_acquire(held));
    is_held = true;
    while (atomic_load(&held->word) != WAITED_FOR && !has_forked)
        sched_yield();
    lock_release(held);
    return unused;
}

static void *hold_for_ever(void *unused)
{
    cr_assert(lock_acquire(held));
    is_held = true;
    for (;;)
        pause();
    return unused;
}

/* Without the fork handlers each of these would stay in the state that its owner left it in. */
static int fork_and_try_all(void)
{
    int status = -1;
    guard.depth = 0;
    pid_t child = fork();
    if (child == 0) {
        guard.depth = 1;
        support_stop_clock(); /* one that is not free is given up at once */
        for (unsigned i = 0; i < LOCKS; i++)
            if (!lock_acquire(locks[i]))
                _exit((int)i + 1);
        _exit(0);
    }
    has_forked = true;
    waitpid(child, &status, 0);
    return status;
}

static void hold_each(void *(*hold)(void *))
{
    for (unsigned i = 0; i < LOCKS; i++) {
        pthread_t thread;
        held = locks[i];
        is_held = has_forked = false;
        pthread_create(&thread, NULL, hold, NULL);
        while (!is_held)
            sched_yield();
        cr_assert_eq(fork_and_try_all(), 0, "lock %u", i);
        if (hold == hold_meanwhile)
            pthread_join(thread, NULL);
    }
}

Test(forks, while_another_thread_holds_a_lock)
{
    start_with("");
    clock_replace(NULL);
    hold_each(hold_meanwhile);
    cr_assert_eq(atomic_load(&key_stubs_lock.word), 0);
}

Test(forks, while_a_lock_is_never_released)
{
    start_with("");
    hold_each(hold_for_ever);
}
