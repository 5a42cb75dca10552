// SPDX-License-Identifier: MIT
#include "gate/exceptions.h"

#include "base/memory.h"
#include "base/message.h"
#include "gate/day.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The entries of one signature, or of one first part: a list, as in the files. */
struct named {
    char *name;
    struct group *group; /* the first one; others follow in `next` */
    struct named *next;
    UT_hash_handle hh;
};

bool exceptions_read(struct exceptions *exceptions)
{
    size_t count = exceptions->suppression_count;

    if (exceptions->today == 0)
        exceptions->today = day_today();
    exceptions->suppressions = memory_zeroed((count + 1) * sizeof *exceptions->suppressions);
    for (size_t i = 0; i < count; i++) {
        if (!entries_read(&exceptions->suppressions[i], exceptions->suppression_paths[i]))
            return false;
    }
    exceptions->baseline.path = exceptions->baseline_path;
    if (exceptions->baseline_path == NULL ||
        (exceptions->write && access(exceptions->baseline_path, F_OK) != 0))
        return true;
    return entries_read(&exceptions->baseline, exceptions->baseline_path);
}

/* The groups by signature and by its first part. */
static void index_one(struct named **index, const char *name, size_t length, struct group *group)
{
    struct named *found, *added = memory_zeroed(sizeof *added);

    added->group = group;
    HASH_FIND(hh, *index, name, length, found);
    if (found != NULL) {
        added->next = found->next;
        found->next = added;
        return;
    }
    added->name = memory_format("%.*s", (int)length, name);
    HASH_ADD_KEYPTR(hh, *index, added->name, length, added);
}

static bool has_signatures(const struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].entry->type == ENTRY_SIGNATURE)
            return true;
    }
    return false;
}

static bool any_has_signatures(const struct exceptions *exceptions)
{
    for (size_t i = 0; i < exceptions->suppression_count; i++) {
        if (has_signatures(&exceptions->suppressions[i]))
            return true;
    }
    return has_signatures(&exceptions->baseline);
}

static struct named *index_model(const struct model *model)
{
    struct named *index = NULL;

    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        index_one(&index, group->signature.text, SIGNATURE_LENGTH, group);
        index_one(&index, group->signature.text, SIGNATURE_FIRST_PART, group);
    }
    return index;
}

static void free_index(struct named *index)
{
    struct named *at = index, *next;

    HASH_CLEAR(hh, index);
    for (; at != NULL; at = next) {
        next = at->hh.next;
        for (struct named *same = at->next, *after; same != NULL; same = after) {
            after = same->next;
            free(same);
        }
        free(at->name);
        free(at);
    }
}

/* The entry hides the group, or would hide it if its day had not passed. */
static void mark(struct entry *entry, struct group *group, bool of_baseline)
{
    const struct entry **place = of_baseline ? &group->known : &group->suppressed;

    entry->matched++;
    entry->state = ENTRY_USED;
    if (entry->expired)
        place = &group->expired;
    if (*place == NULL)
        *place = entry;
}

static bool mark_named(const struct named *index, struct entry *entry, size_t length,
                       bool of_baseline)
{
    struct named *named;

    HASH_FIND(hh, index, entry->signature, length, named);
    for (const struct named *same = named; same != NULL; same = same->next)
        mark(entry, same->group, of_baseline);
    return named != NULL;
}

static void mark_matching(const struct model *model, struct entry *entry, bool of_baseline)
{
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (entry_matches(entry, group))
            mark(entry, group, of_baseline);
    }
}

static void apply_entries(const struct exceptions *exceptions, const struct model *model,
                          const struct named *index, const struct entries *entries)
{
    bool of_baseline = entries == &exceptions->baseline;

    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = entries->items[i].entry;

        entry->expired = entry->until != 0 && exceptions->today > entry->until;
        if (entry->type == ENTRY_PATTERN)
            mark_matching(model, entry, of_baseline);
        else if (entry->type == ENTRY_SIGNATURE &&
                 !mark_named(index, entry, SIGNATURE_LENGTH, of_baseline))
            entry->by_first_part = mark_named(index, entry, SIGNATURE_FIRST_PART, of_baseline);
    }
}

struct identity {
    const char *name; /* borrowed from the model */
    UT_hash_handle hh;
};

static void add_identity(struct identity **set, const char *name)
{
    struct identity *found;

    HASH_FIND_STR(*set, name, found);
    if (found != NULL)
        return;
    found = memory_zeroed(sizeof *found);
    found->name = name;
    HASH_ADD_KEYPTR(hh, *set, found->name, strlen(found->name), found);
}

/* Modules that were unloaded. A process that did not end normally may not have come to see what
 * they left. */
static struct identity *unloaded_identities(const struct model *model)
{
    struct identity *set = NULL;

    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        const struct module *module = process_ended(process) ? process->modules : NULL;

        for (; module != NULL; module = module->hh.next) {
            if (module_unloads(module) > 0)
                add_identity(&set, module_identity(module));
        }
    }
    return set;
}

static void find_fixed(const struct exceptions *exceptions, const struct model *model)
{
    struct identity *set = unloaded_identities(model), *found, *next;

    for (size_t i = 0; i < exceptions->baseline.count; i++) {
        struct entry *entry = exceptions->baseline.items[i].entry;

        if (entry->type != ENTRY_SIGNATURE || entry->state != ENTRY_UNUSED || entry->module == NULL)
            continue;
        HASH_FIND_STR(set, entry->module, found);
        if (found != NULL)
            entry->state = ENTRY_FIXED;
    }
    found = set;
    HASH_CLEAR(hh, set);
    for (; found != NULL; found = next) {
        next = found->hh.next;
        free(found);
    }
}

static void count(struct exceptions *exceptions, struct model *model)
{
    exceptions->suppressed = exceptions->known = 0;
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        bool suppressed = group->suppressed != NULL || group->suppressed_by_library;

        group->hidden = suppressed || (group->known != NULL && !exceptions->show_known);
        exceptions->suppressed += suppressed;
        exceptions->known += !suppressed && group->known != NULL;
    }
    model_count(model);
}

void exceptions_apply(struct exceptions *exceptions, struct model *model)
{
    struct named *index = any_has_signatures(exceptions) ? index_model(model) : NULL;

    for (size_t i = 0; i < exceptions->suppression_count; i++)
        apply_entries(exceptions, model, index, &exceptions->suppressions[i]);
    apply_entries(exceptions, model, index, &exceptions->baseline);
    free_index(index);
    find_fixed(exceptions, model);
    count(exceptions, model);
}

static bool is_new(const struct group *group)
{
    return group->suppressed == NULL && !group->suppressed_by_library && group->known == NULL;
}

static void add_new(struct exceptions *exceptions, const struct model *model)
{
    struct entries *baseline = &exceptions->baseline;

    if (baseline->count == 0) {
        entries_add(baseline, memory_string("# " SIGNATURE_VERSION_NAME));
        entries_add(baseline, memory_string("# Findings that are known; dlpin-suppressions(5) has "
                                            "the form of this file."));
    }
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        struct entry *entry = is_new(group) ? entries_add(baseline, entry_line(group)) : NULL;

        if (entry == NULL)
            continue;
        entry->state = ENTRY_USED;
        group->known = entry;
        exceptions->added++;
    }
}

static void count_fixed(struct exceptions *exceptions)
{
    for (size_t i = 0; i < exceptions->baseline.count; i++)
        exceptions->removed += exceptions->baseline.items[i].entry->state == ENTRY_FIXED;
}

/* The file is as it was, and has no entry for what was added. */
static void forget_added(struct exceptions *exceptions, struct model *model, size_t lines)
{
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (group->known != NULL && group->known->line > lines)
            group->known = NULL;
    }
    exceptions->added = exceptions->removed = 0;
    count(exceptions, model);
}

bool exceptions_write(struct exceptions *exceptions, struct model *model)
{
    const struct load_counts *loaded = &model->loaded;
    size_t lines = exceptions->baseline.count;
    bool created = exceptions->write && lines == 0;

    if (!exceptions->write && !exceptions->update)
        return true;
    if (loaded->unreadable + loaded->empty + loaded->damaged > 0 || model->processes == NULL) {
        message_error("%s: not written: the reports are not whole", exceptions->baseline_path);
        return false;
    }
    if (exceptions->write)
        add_new(exceptions, model);
    if (exceptions->update)
        count_fixed(exceptions);
    count(exceptions, model);
    if ((!created && exceptions->added + exceptions->removed == 0) ||
        entries_write(&exceptions->baseline, exceptions->update))
        return true;
    forget_added(exceptions, model, lines);
    return false;
}

void exceptions_take_model(struct exceptions *exceptions, const struct model *model,
                           const char *path)
{
    exceptions->baseline.path = exceptions->baseline_path = path;
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (!group->hidden)
            entries_add(&exceptions->baseline, entry_line(group))->line = 0;
    }
}

void exceptions_clear(struct exceptions *exceptions)
{
    for (size_t i = 0; exceptions->suppressions != NULL && i < exceptions->suppression_count; i++)
        entries_clear(&exceptions->suppressions[i]);
    entries_clear(&exceptions->baseline);
    free(exceptions->suppressions);
    free(exceptions->suppression_paths);
    *exceptions = (struct exceptions){0};
}
