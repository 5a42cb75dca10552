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

bool agenda_is_ambiguous_locked(const struct module *module, unsigned works)
{
    for (unsigned i = 0; i < count; i++)
        if (list[i].works & works && list[i].module != module &&
            module_overlaps(list[i].module, module))
            return true;
    return false;
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

static bool is_covered(const struct module *module)
{
    return module_is_unloaded(module) && modules_any_in(module->start, module->end);
}

static void make_room(void)
{
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        if (!is_covered(list[i].module))
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

/* A younger module lay there, too: a word can no longer be attributed to the older one. So the list
 * stays short where one module is loaded again and again. */
static void give_up_covered(const struct module *module)
{
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        if (!(list[i].works & WORK_SCAN) || list[i].module == module ||
            !module_overlaps(list[i].module, module))
            continue;
        agenda_gaps.reused++;
        list[i].works &= ~WORK_SCAN;
        any = true;
    }
    if (any)
        compact();
}

void agenda_add_locked(struct module *module, unsigned works)
{
    if (works & WORK_MEMORY)
        give_up_covered(module);
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

void agenda_add_alone_locked(struct module *module, unsigned works)
{
    if (!agenda_is_ambiguous_locked(module, WORK_SCAN) &&
        !modules_any_in(module->start, module->end))
        agenda_add_locked(module, works);
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
