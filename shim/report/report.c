// SPDX-License-Identifier: MIT
#include "report/report.h"
#include "base/dropped.h"
#include "base/killed.h"
#include "base/lock.h"
#include "base/options.h"
#include "base/unfollowed.h"
#include "report/instances.h"
#include "report/loads.h"
#include "report/log.h"
#include "base/names.h"
#include "report/suppressions.h"
#include "rules/registry_rows.h"
#include "rules/rule.h"
#include "rules/rules.h"

#include <time.h>

static unsigned uncounted_events; /* they are no instances: they never end */

static void add_unreadable(struct text *complaints, const char *option, const char *path)
{
    text_printf(complaints, "dlpin: %s=%s: it cannot be read\n", option, path);
}

static void read_files(void)
{
    struct text complaints = {0};
    const char *path = options.suppressions;
    if (path && !suppressions_read(path, suppressions_day((uint64_t)time(NULL))))
        add_unreadable(&complaints, "suppressions", path);
    path = options.registries;
    if (path && !registry_rows_read(path, &complaints))
        add_unreadable(&complaints, "registries", path);
    if (!options.quiet)
        log_say(text_string(&complaints));
    text_free(&complaints);
}

void report_init(const char *raw_options)
{
    log_init(raw_options);
    read_files();
    if (!lock_acquire(&report_lock))
        return;
    if (log_is_wanted_empty())
        log_open_locked();
    lock_release(&report_lock);
}

void report_need_file(void)
{
    if (!lock_acquire(&report_lock))
        return;
    log_open_locked();
    lock_release(&report_lock);
}

bool report_has_file(void)
{
    return log_was_opened();
}

void report_module(struct module *module, enum module_state state)
{
    if (!lock_acquire(&report_lock)) {
        drop(DROP_RECORD);
        return;
    }
    loads_note(module, state, log_now());
    /* Opening the file writes all modules that there are, this one among them. */
    bool was_open = log_was_opened();
    if (was_open || module->opener)
        was_open &= log_open_locked();
    if (was_open)
        log_write_module(module);
    if (options.verbosity >= 2) {
        struct text line = {0};
        text_printf(&line, "dlpin: %s %s (load %u)\n", state_names[state], module->path,
                    module->load);
        log_say(text_string(&line));
        text_free(&line);
    }
    lock_release(&report_lock);
}

void report_flush_modules(void)
{
    if (!lock_acquire(&report_lock))
        return;
    log_flush_locked();
    lock_release(&report_lock);
}

static bool is_power_of_two(unsigned n)
{
    return (n & (n - 1)) == 0;
}

/* The most severe finding represents its group; among equal pointers, one to code. */
static bool is_milder_locked(struct group *group, const struct finding *finding)
{
    bool is_open = group->count > 1 && !group->resolved;
    bool is_as_bad = finding->severity == group->finding.severity;
    if (!is_open || finding->severity > group->finding.severity ||
        (is_as_bad && finding->target <= group->finding.target))
        return false;
    if (finding->module)
        group_add_load(group, finding->module->load);
    return true;
}

/* A module that stays mapped leaves more behind than at its last closing. */
static void note_growth(struct group *group, struct finding *finding)
{
    if (!finding->object.closed || !group->count_reopened || group->count <= group->count_reopened)
        return;
    group->shown &= group->finding.grows;
    finding->grows = true;
    if (finding->severity < SEVERITY_WARNING)
        finding->severity = SEVERITY_WARNING;
}

static uint32_t report_new_locked(struct finding *finding, enum occasion at, bool quietly)
{
    struct group *group = group_of_locked(finding);
    if (!group) {
        drop(DROP_FINDING);
        finding_release(finding);
        return 0;
    }
    if (class_of(&finding->object)->still_holds)
        instance_remember_locked(finding, group);
    else
        uncounted_events++;
    group->inherited = false;
    group->count++;
    note_growth(group, finding);
    if (is_milder_locked(group, finding))
        finding_release(finding);
    else
        group_update_locked(group, finding, at);
    if (is_power_of_two(group->count))
        group_write_locked(group);
    if (!group->shown && !quietly)
        group_show_locked(group);
    return group->id;
}

/* After an unmapping nothing can be unwound through the module any more: the stack that was taken
 * before reaches further. */
static void keep_longer_stack(struct group *group, struct finding *finding)
{
    struct stack *before = group->finding.stack, *now = finding->stack;
    if (!class_of(&finding->object)->stack_varies || !before ||
        (now && now->count >= before->count))
        return;
    group->finding.stack = now;
    finding->stack = before;
}

static bool has_risen(const struct finding *finding, const struct finding *before)
{
    const struct object_class *class = class_of(&finding->object);
    return finding->severity > before->severity ||
           (class->has_risen && class->has_risen(finding, before));
}

/* The object was seen before: a pending finding may be confirmed now, and a quiet one is shown. */
static void report_again_locked(struct instance *instance, struct finding *finding,
                                enum occasion at, bool quietly)
{
    struct group *group = instance->group;
    bool confirmed = instance->pending && !finding->pending;
    bool risen = has_risen(finding, &group->finding);
    if (confirmed || risen) {
        instance->pending = false;
        keep_longer_stack(group, finding);
        group_update_locked(group, finding, at);
        group->at = at;
        group_write_locked(group);
        group->shown &= !risen;
    } else {
        finding_release(finding);
    }
    if (!group->shown && !quietly && !group->inherited)
        group_show_locked(group);
}

bool report_knows(const struct object *object)
{
    const struct instance *instance = instance_find_locked(object);
    return instance && !instance->pending && (instance->group->shown || instance->group->inherited);
}

uint32_t report_finding(struct finding *finding, enum occasion at, bool quietly)
{
    uint32_t id = 0;
    if (!lock_acquire(&report_lock)) {
        drop(DROP_FINDING);
        finding_release(finding);
        return 0;
    }
    if (instance_move_locked(finding)) {
        lock_release(&report_lock);
        return 0;
    }
    struct instance *instance = instance_find_locked(&finding->object);
    if (!instance && finding->only_if_moved) {
        lock_release(&report_lock);
        finding_release(finding);
        return 0;
    }
    if (instances_exiting && !finding->before_exit && finding->severity != SEVERITY_ERROR)
        finding->severity = SEVERITY_NOTE;
    if (instance)
        report_again_locked(instance, finding, at, quietly);
    else
        id = report_new_locked(finding, at, quietly);
    lock_release(&report_lock);
    return id;
}

unsigned report_take_news(void)
{
    struct instance *instance, *next;
    if (!lock_acquire(&report_lock))
        return 0;
    unsigned news = uncounted_events;
    uncounted_events = 0;
    HASH_ITER (hh, instances, instance, next) {
        news += !instance->counted && !instance->pending;
        instance->counted |= !instance->pending;
    }
    lock_release(&report_lock);
    return news;
}

void report_request(uint32_t token, enum request_state state)
{
    struct text text = {0};
    struct group *group, *next;
    unsigned open = 0;
    if (!lock_acquire(&report_lock))
        return;
    if (log_open_locked())
        log_list_mapped_locked();
    HASH_ITER (hh, groups, group, next) {
        if (group->resolved || group->inherited)
            continue;
        if (state == REQUEST_DONE && group->count != group->written_count)
            group_write_locked(group);
        open++;
    }
    if (log_open_locked()) {
        record_request(&text, token, state, open, log_now());
        log_write(&text);
    }
    lock_release(&report_lock);
}

void report_skipped(const struct object *object)
{
    if (!lock_acquire(&report_lock))
        return;
    struct instance *instance = instance_find_locked(object);
    if (instance) {
        instance->group->skipped++;
        group_write_locked(instance->group);
    }
    lock_release(&report_lock);
}

void report_retained(const struct module *module)
{
    struct instance *instance, *next;
    if (!lock_acquire(&report_lock))
        return;
    HASH_ITER (hh, instances, instance, next) {
        struct group *group = instance->group;
        const struct object_class *class = class_of(&instance->object);
        if (!class->take_retained || group->finding.module != module || group->inherited ||
            !class->take_retained(&group->finding, &instance->object, module))
            continue;
        group_explain(group, &group->finding);
        group_write_locked(group);
    }
    lock_release(&report_lock);
}

void report_escalate(uint32_t id)
{
    struct group *group, *next;
    if (!lock_acquire(&report_lock))
        return;
    HASH_ITER (hh, groups, group, next) {
        if (group->id != id || group->resolved || group->finding.severity == SEVERITY_ERROR)
            continue;
        group->finding.severity = SEVERITY_ERROR;
        group_explain(group, &group->finding);
        group_write_locked(group);
        group_show_locked(group);
    }
    lock_release(&report_lock);
}

void report_exiting(void)
{
    instances_exiting = true;
}

unsigned report_severe(void)
{
    unsigned severe = 0;
    struct group *group, *next;
    if (!lock_acquire(&report_lock))
        return 0;
    HASH_ITER (hh, groups, group, next)
        severe += !group->resolved && !group->inherited && !group->suppressed &&
                  group->finding.severity >= SEVERITY_WARNING;
    lock_release(&report_lock);
    return severe;
}

bool report_best_locked(finding_score *score, const void *data, struct open_finding *best)
{
    struct instance *instance, *next;
    unsigned highest = 0;
    HASH_ITER (hh, instances, instance, next) {
        struct open_finding open = {&instance->object, &instance->group->finding, instance->module,
                                    instance->group->id};
        unsigned points = score(&open, data);
        if (points > highest) {
            highest = points;
            *best = open;
        }
    }
    return highest > 0;
}

void report_own_locked(uint32_t id)
{
    struct group *group, *next;
    HASH_ITER (hh, groups, group, next) {
        if (group->id != id || !group->inherited)
            continue;
        group->inherited = false;
        group->count = 1;
        if (group->finding.module)
            group_add_load(group, group->finding.module->load);
    }
}

void report_flush_locked(void)
{
    struct group *group, *next;
    log_flush_locked();
    HASH_ITER (hh, groups, group, next)
        if (!group->resolved && !group->inherited && group->count != group->written_count)
            group_write_locked(group);
}

static struct summary summarize_locked(const char *ended)
{
    struct summary summary = {.ended = ended};
    struct group *group, *next;
    HASH_ITER (hh, groups, group, next) {
        if (group->resolved || group->inherited)
            continue;
        if (group->count != group->written_count)
            group_write_locked(group);
        summary.findings++;
        summary.kinds[group->finding.kind]++;
        summary.verdicts[group->finding.verdict]++;
        summary.severities[group->finding.severity]++;
    }
    return summary;
}

void report_finish(const char *ended, bool image_may_go_on, bool heap_seen,
                   const char *const *unseen)
{
    if (!lock_acquire(&report_lock))
        return;
    if ((log_was_opened() || unfollowed_any() || killed_any()) && log_open_locked()) {
        struct summary summary = summarize_locked(ended);
        struct text text = {0};
        log_list_mapped_locked();
        record_coverage(&text, heap_seen, unseen, log_now());
        log_write(&text);
        record_summary(&text, &summary, log_now());
        log_write(&text);
        if (!image_may_go_on)
            log_close();
    }
    lock_release(&report_lock);
}

void report_fork_child(void)
{
    struct instance *instance, *next_instance;
    struct group *group, *next;
    log_fork_child();
    unfollowed_fork_child();
    killed_fork_child();
    HASH_ITER (hh, instances, instance, next_instance)
        instance->counted = true;
    uncounted_events = 0;
    HASH_ITER (hh, groups, group, next) {
        group->inherited = true;
        group->count = group->written_count = 0;
        group->load_count = 0;
    }
    instances_exiting = false;
    if (options.log_empty && lock_acquire(&report_lock)) {
        log_open_locked();
        lock_release(&report_lock);
    }
}
