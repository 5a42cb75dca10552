// SPDX-License-Identifier: MIT
#include "modules/agenda.h"
#include "base/guard.h"

#include <string.h>

struct agenda_gaps agenda_gaps;

/* The oldest first. Under the changes lock. */
static struct agenda_entry list[AGENDA_MAX];
static unsigned count;

static void show(void)
{
    unsigned works = 0;
    for (unsigned i = 0; i < count; i++)
        works |= list[i].works;
    work_list(works);
}

static bool overlaps_from(unsigned at, const struct module *module, unsigned works)
{
    for (; at < count; at++)
        if (list[at].works & works && list[at].module != module &&
            module_overlaps(list[at].module, module))
            return true;
    return false;
}

bool agenda_is_ambiguous_locked(const struct module *module, unsigned work)
{
    return overlaps_from(0, module, work);
}

/* Keeps the order. */
static void compact(void)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        if (list[i].works)
            list[kept++] = list[i];
        else
            module_unref(list[i].module);
    }
    count = kept;
    show();
}

static bool is_covered(unsigned at)
{
    const struct module *module = list[at].module;
    return module_is_unloaded(module) && (modules_any_in(module->start, module->end) ||
                                          overlaps_from(at + 1, module, WORK_SCAN | WORK_STACKS));
}

static void make_room(void)
{
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        if (!is_covered(i))
            continue;
        agenda_gaps.reused++;
        list[i].works = 0;
        any = true;
    }
    if (!any) {
        agenda_gaps.missed++;
        list[0].works = 0;
    }
    compact();
}

static struct agenda_entry *find(const struct module *module, const void *closer)
{
    for (unsigned i = count; i-- > 0;)
        if (list[i].module == module && list[i].closer == closer)
            return &list[i];
    return NULL;
}

void agenda_add_locked(struct module *module, unsigned works)
{
    const void *closer = works & WORK_CLOSING ? &guard : NULL;
    struct agenda_entry *entry = find(module, closer);
    if (!entry) {
        if (count == AGENDA_MAX)
            make_room();
        entry = &list[count++];
        *entry = (struct agenda_entry){.module = module_ref(module), .closer = closer};
    }
    entry->works |= works;
    work_list_more(works);
}

void agenda_add(struct module *module, unsigned works)
{
    if (!lock_acquire(&changes_lock)) {
        agenda_gaps.missed++;
        return;
    }
    agenda_add_locked(module, works);
    lock_release(&changes_lock);
}

void agenda_add_alone(struct module *module, unsigned works)
{
    if (!lock_acquire(&changes_lock))
        return;
    if (!overlaps_from(0, module, WORK_SCAN) && !modules_any_in(module->start, module->end))
        agenda_add_locked(module, works);
    lock_release(&changes_lock);
}

bool agenda_each(unsigned works, agenda_visit *visit, void *data)
{
    if (!work_any(works))
        return true;
    if (!lock_acquire(&changes_lock))
        return false;
    for (unsigned i = count; i-- > 0;)
        if (list[i].works & works)
            list[i].works &= ~visit(&list[i], data);
    compact();
    lock_release(&changes_lock);
    return true;
}

struct removal {
    const struct module *module;
    unsigned works;
};

static unsigned remove_works(struct agenda_entry *entry, void *data)
{
    const struct removal *removal = data;
    return entry->module == removal->module ? removal->works : 0;
}

void agenda_remove(const struct module *module, unsigned works)
{
    struct removal removal = {module, works};
    agenda_each(works, remove_works, &removal);
}

static unsigned take_own(struct agenda_entry *entry, void *data)
{
    struct module **module = data;
    if (*module || entry->closer != &guard)
        return 0;
    *module = module_ref(entry->module);
    return WORK_CLOSING;
}

struct module *agenda_take_closing(void)
{
    struct module *module = NULL;
    agenda_each(WORK_CLOSING, take_own, &module);
    return module;
}

/* The lock was reset: nobody else is here. A fork may be made inside a dlclose. */
void agenda_fork_child(void)
{
    for (unsigned i = 0; i < count; i++)
        list[i].works &= list[i].closer == &guard ? WORK_CLOSING : 0;
    compact();
}
