// SPDX-License-Identifier: MIT
/* The end of findings: checks if they still hold, and settles those that are unsettled. */
#include "base/lock.h"
#include "base/options.h"
#include "report/instances.h"
#include "rules/rule.h"
#include "rules/rules.h"
#include "scan/filter.h"
#include "scan/scan.h"

#define NO_LIMIT ((uint64_t)1 << 60)

static bool moves(const struct instance *instance)
{
    return class_of(&instance->object)->word_moves;
}

static uintptr_t word_of(const struct instance *instance)
{
    return class_of(&instance->object)->word(&instance->object);
}

static void revalidate_locked(struct instance *instance)
{
    const char *how;
    if (rules_still_holds(&instance->object, &how)) {
        instance_set_unsettled(instance, false, NULL);
    } else if (!moves(instance) || options.scan != SCAN_FULL) {
        instance_resolve_locked(instance, how);
    } else {
        instance_set_unsettled(instance, true, how);
        scan_repeat_locked(instance->module);
    }
}

/* The changes lock is for the agenda. */
static void revalidate(bool words_only)
{
    struct instance *instance, *next;
    if (!lock_acquire(&changes_lock))
        return;
    if (lock_acquire(&report_lock)) {
        HASH_ITER (hh, instances, instance, next)
            if (!instance_stands(instance) && (!words_only || moves(instance)))
                revalidate_locked(instance);
        lock_release(&report_lock);
    }
    lock_release(&changes_lock);
}

void report_revalidate(void)
{
    if (report_has_open())
        revalidate(false);
}

void report_revalidate_words(void)
{
    if (report_has_words())
        revalidate(true);
}

static bool is_unsettled(const struct instance *instance)
{
    return instance->unsettled && !instance_stands(instance);
}

/* `by_word`: the ranges are single words; else a word in a range of another module, which lay there
 * later, was found as that one's, and nothing is known. */
static void settle(const struct ranges *ranges, bool by_word)
{
    struct instance *instance, *next;
    if (!report_has_unsettled() || !lock_acquire(&report_lock))
        return;
    HASH_ITER (hh, instances, instance, next) {
        const struct range *range =
            is_unsettled(instance) ? ranges_search(ranges, word_of(instance)) : NULL;
        if (range && (by_word || range->module == instance->module))
            instance_resolve_locked(instance, instance->how);
    }
    lock_release(&report_lock);
}

void report_settle(const struct ranges *ranges)
{
    settle(ranges, false);
}

/* If something else uses the module's range by now, no word can be attributed to the module. But a
 * word that is nowhere has not moved. */
static struct ranges *collect_unsettled_locked(void)
{
    struct instance *instance, *next;
    struct ranges *ranges = arena_alloc(sizeof *ranges);
    if (!ranges)
        return NULL;
    HASH_ITER (hh, instances, instance, next)
        if (is_unsettled(instance))
            ranges_add_word(ranges, word_of(instance), instance->module);
    ranges_ready(ranges);
    return ranges;
}

void report_settle_lost(void)
{
    static const struct hits none;
    struct hits hits;
    if (!report_has_unsettled() || !lock_acquire(&report_lock))
        return;
    struct ranges *ranges = collect_unsettled_locked();
    lock_release(&report_lock);
    if (ranges && ranges->count && filter_run(ranges, NO_LIMIT, &none, &hits) == FILTER_NOTHING)
        settle(ranges, true);
    arena_free(ranges, sizeof *ranges);
}

/* The resolution if the object was not seen again after the dlclose; NULL: it need not be seen. */
static const char *unconfirmed(const struct instance *instance)
{
    return instance->pending ? class_of(&instance->object)->unconfirmed : NULL;
}

void report_settle_pending(void)
{
    struct instance *instance, *next;
    if (!report_has_open() || !lock_acquire(&report_lock))
        return;
    HASH_ITER (hh, instances, instance, next) {
        bool unloaded = module_is_unloaded(instance->module);
        if (instance->pending && !unloaded)
            instance_resolve_locked(instance, "the module was not unmapped");
        else if (unconfirmed(instance))
            instance_resolve_locked(instance, unconfirmed(instance));
    }
    lock_release(&report_lock);
}

bool report_needs_stacks(void)
{
    bool found = false;
    struct instance *instance, *next;
    if (!report_has_open() || !lock_acquire(&report_lock))
        return false;
    HASH_ITER (hh, instances, instance, next)
        found |= unconfirmed(instance) != NULL;
    lock_release(&report_lock);
    return found;
}
