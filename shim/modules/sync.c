// SPDX-License-Identifier: MIT
/* Compares our list with the loader's. */
#include "base/dropped.h"
#include "base/lock.h"
#include "modules/changes.h"
#include "modules/finalizing.h"
#include "modules/identities.h"
#include "modules/link_maps.h"
#include "modules/list.h"
#include "modules/objects.h"
#include "modules/order.h"
#include "modules/serials.h"
#include "modules/sync.h"

#include <string.h>

static module_classifier *classifier;
static unsigned long long last_adds, last_subs;
static _Atomic uint64_t came_alone; /* modules that came without a sync (modules_find_live) */

void modules_init(module_classifier *to_complete, module_listener *to_notify)
{
    classifier = to_complete;
    changes_init(to_notify);
}

bool modules_changed(void)
{
    unsigned long long adds, subs;
    if (link_maps_have_namespaces())
        return true;
    sightings_counters(&adds, &subs);
    return adds != last_adds || subs != last_subs;
}

static uint32_t opener_id(uintptr_t opener)
{
    const struct module *module = opener ? modules_find(opener - 1) : NULL;
    return module ? module->id : 0;
}

/* Takes over the sighting's strings. */
static struct module *add_locked(struct sighting *sighting, uintptr_t opener, bool deepbind)
{
    struct module *module = arena_alloc(sizeof *module);
    if (!module || !sighting->path || !sighting->phdr)
        return NULL;
    const struct elf_image *image = &sighting->image;
    bool first_sync = last_adds == 0;
    *module = (struct module){
        .bias = image->bias,
        .start = image->start,
        .end = image->end,
        .phdr = sighting->phdr,
        .dynamic = image->dynamic,
        .handle = sighting->handle,
        .serial = sighting->serial,
        .tls_module = sighting->tls_module,
        .phnum = image->phnum,
        .name_hash = sighting->name_hash,
        .path = sighting->path,
        .soname = image->soname,
        .build_id_length = image->build_id_length,
        .state = MODULE_LOADED,
        .startup = first_sync,
        .is_shim = (uintptr_t)&classifier >= image->start && (uintptr_t)&classifier < image->end,
        .opener = first_sync ? 0 : opener,
        .opener_module = opener_id(first_sync ? 0 : opener),
        .deepbind = deepbind,
        .marked_nodelete = image->flags_1 & DF_1_NODELETE,
        .epoch = atomic_load(&modules_epoch) + 1,
        .end_epoch = UINT64_MAX,
        .seen = true,
    };
    memcpy(module->build_id, image->build_id, sizeof module->build_id);
    sighting->path = NULL;
    sighting->phdr = NULL;
    sighting->image.soname = NULL;
    module->identity = identity_of(module);
    classifier(module);
    if (module->cxx_library)
        objects_note_library(module);
    module->load = identity_next_load_locked(module->identity);
    list_add_locked(module);
    return module;
}

static void remove_locked(struct module *module, struct module_changes *changes)
{
    list_unload_locked(module);
    change_note_locked(module, MODULE_UNLOADED);
    changes->unloaded++;
}

/* The loader numbers loads as it counts them. Without these numbers a module that came alone while
 * the list was taken is left to the next list. */
static bool came_after(const struct module *module, const struct sightings *list)
{
    return module->serial ? module->serial > list->adds : module->came_alone > list->came_alone;
}

/* Modules that the list does not have any more are unloaded. */
static void remove_unseen_locked(const struct sightings *list, struct module_changes *changes)
{
    for (struct module *m = list_first_locked(); m; m = m->next)
        m->seen = false;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].known)
            list->items[i].known->seen = true;
    for (struct module *m = list_first_locked(); m; m = m->next)
        if (!m->seen && !module_is_unloaded(m) && !came_after(m, list))
            remove_locked(m, changes);
}

/* Removes the modules that were finalized, if these are the ones that are unloaded. */
static bool remove_finalized_locked(const struct sightings *list, struct module_changes *changes)
{
    struct module *module;
    bool are_unloaded = finalized_count_locked() == list->subs - last_subs;
    for (unsigned i = 0; are_unloaded && (module = finalized_at_locked(i)) != NULL; i++)
        are_unloaded = !sighting_is_there(module->start);
    for (unsigned i = 0; are_unloaded && (module = finalized_at_locked(i)) != NULL; i++) {
        order_remove_locked(module);
        remove_locked(module, changes);
    }
    return are_unloaded;
}

/* False: the whole list must be read. */
static bool remove_missing_locked(const struct sightings *list, struct module_changes *changes)
{
    if (list->kind == LIST_REMOVED)
        return remove_finalized_locked(list, changes);
    if (list->kind == LIST_ANY)
        remove_unseen_locked(list, changes);
    return true;
}

/* Removes loads that our list still has where this one lies now: they are unloaded, and the thread
 * that closed them has not noted this yet. */
static void remove_covered_locked(const struct sighting *sighting, struct module_changes *changes)
{
    uintptr_t start = sighting->image.start, end = sighting->image.end;
    if (!modules_any_in(start, end))
        return;
    for (struct module *m = list_first_locked(); m; m = m->next) {
        if (module_is_unloaded(m) || module_is_permanent(m) || m->start >= end || start >= m->end)
            continue;
        order_remove_locked(m);
        remove_locked(m, changes);
    }
}

/* Adds all new objects of `list`. */
static void add_new_locked(struct sightings *list, uintptr_t opener, bool deepbind,
                           struct module_changes *changes)
{
    for (size_t i = 0; i < list->count; i++) {
        struct sighting *sighting = &list->items[i];
        if (sighting->known)
            continue;
        remove_covered_locked(sighting, changes);
        sighting->known = add_locked(sighting, opener, deepbind);
        if (!sighting->known)
            continue;
        change_note_locked(sighting->known, MODULE_LOADED);
        changes->loaded++;
    }
}

static bool is_newer_locked(const struct sightings *list)
{
    long long adds = (long long)(list->adds - last_adds),
              subs = (long long)(list->subs - last_subs);
    return adds > 0 || (adds == 0 && subs >= 0);
}

/* A module that another thread took over meanwhile is not new any more. */
static void know_again(struct sighting *sighting)
{
    struct module *m = sighting->known ? NULL : modules_find(sighting->image.start);
    if (m && m->dynamic == sighting->image.dynamic && m->name_hash == sighting->name_hash &&
        sighting_is_load(m, sighting->serial))
        sighting->known = m;
}

static bool take_over_locked(struct sightings *list, uintptr_t opener, bool deepbind,
                             struct module_changes *changes)
{
    for (size_t i = 0; i < list->count; i++)
        know_again(&list->items[i]);
    if (!remove_missing_locked(list, changes))
        return false;
    add_new_locked(list, opener, deepbind, changes);
    if (changes->loaded || changes->unloaded)
        list_publish_locked(changes->unloaded);
    order_update_locked(list);
    finalized_forget_locked();
    last_adds = list->adds;
    last_subs = list->subs;
    return true;
}

/* False: this had no result, and the whole list must be read. */
static bool read_list(bool at_all, uintptr_t opener, bool deepbind, struct module_changes *changes)
{
    struct sightings list = {.came_alone = atomic_load(&came_alone)};
    bool done = true;
    if (!at_all && lock_acquire(&modules_lock)) {
        list.before = order_state_locked();
        lock_release(&modules_lock);
    }
    sightings_collect(&list);
    if (list.failed || !lock_acquire(&modules_lock)) {
        drop(DROP_MODULE);
    } else {
        if (is_newer_locked(&list))
            done = take_over_locked(&list, opener, deepbind, changes);
        lock_release(&modules_lock);
    }
    sightings_free(&list);
    return done;
}

struct module_changes modules_sync(uintptr_t opener, bool deepbind)
{
    struct module_changes changes = {0};
    if (!read_list(false, opener, deepbind, &changes))
        read_list(true, opener, deepbind, &changes);
    changes_report();
    return changes;
}

/* Unless another thread was faster. */
void modules_take_over(struct sighting *sighting, uintptr_t opener, bool deepbind)
{
    struct module *module = NULL;
    struct module_changes changes = {0};
    if (!lock_acquire(&modules_lock)) {
        drop(DROP_MODULE);
        return;
    }
    know_again(sighting);
    if (!sighting->known) {
        remove_covered_locked(sighting, &changes);
        module = add_locked(sighting, opener, deepbind);
    }
    if (module) {
        module->came_alone = atomic_fetch_add(&came_alone, 1) + 1;
        change_note_locked(module, MODULE_LOADED);
    }
    if (module || changes.unloaded)
        list_publish_locked(changes.unloaded);
    lock_release(&modules_lock);
    changes_report();
}

void modules_set_closed(struct module *module, bool closed)
{
    enum module_state before = closed ? MODULE_LOADED : MODULE_CLOSED,
                      after = closed ? MODULE_CLOSED : MODULE_LOADED;
    if (!lock_acquire(&modules_lock))
        return;
    if (atomic_compare_exchange_strong(&module->state, &before, after)) {
        if (closed)
            list_count_left(module);
        change_note_locked(module, after);
    }
    lock_release(&modules_lock);
    changes_report();
}
