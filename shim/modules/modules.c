// SPDX-License-Identifier: MIT
#include "modules/modules.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "base/lock.h"
#include "modules/finalizing.h"
#include "modules/identities.h"
#include "modules/link_maps.h"
#include "modules/list.h"
#include "modules/object_at.h"
#include "modules/order.h"
#include "modules/serials.h"
#include "modules/snapshot.h"
#include "modules/work.h"

#include <string.h>

_Atomic uint64_t modules_epoch, modules_unloads;

struct lock modules_lock;
struct lock changes_lock;
static module_classifier *classifier;
static module_listener *listener;
static struct module *first_module, **last_link = &first_module; /* oldest first */
static struct module *first_gone;                                /* the newest first */
/* No module that is gone lay outside. Most addresses that are asked for are of stacks and heaps. */
static _Atomic uintptr_t gone_start = UINTPTR_MAX, gone_end;
static struct module *first_new; /* and what follows it: not published yet */
static unsigned gone_unpublished;
static struct module *modules_index;
static uint32_t last_id;
static unsigned long long last_adds, last_subs;
static _Atomic uint64_t came_alone; /* modules that came without a sync (modules_find_live) */

void modules_init(module_classifier *to_complete, module_listener *to_tell)
{
    classifier = to_complete;
    listener = to_tell;
}

/* --- changes
 * -------------------------------------------------------------------------------------- */

/* A change that the listener has not heard of. */
struct change {
    struct module *module; /* holds a reference */
    enum module_state state;
    struct change *next;
};

static struct change *first_change, **last_change = &first_change;

static void note_change_locked(struct module *module, enum module_state state)
{
    struct change *change = arena_alloc(sizeof *change);
    if (!change) {
        drop(DROP_MODULE);
        return;
    }
    *change = (struct change){module_ref(module), state, NULL};
    *last_change = change;
    last_change = &change->next;
}

static struct change *take_change(bool *more)
{
    if (!lock_acquire(&modules_lock))
        return NULL;
    struct change *change = first_change;
    if (change)
        first_change = change->next;
    if (!first_change)
        last_change = &first_change;
    *more = first_change != NULL;
    lock_release(&modules_lock);
    return change;
}

/* Whatever is to be told, ours and other threads'. */
void modules_tell(void)
{
    if (!lock_acquire(&changes_lock)) {
        drop(DROP_MODULE);
        return;
    }
    bool more;
    for (struct change *change; (change = take_change(&more)) != NULL;) {
        listener(change->module, change->state, more);
        module_unref(change->module);
        arena_free(change, sizeof *change);
    }
    lock_release(&changes_lock);
}

/* --- looking things up
 * ---------------------------------------------------------------------------------- */

int modules_each_known(int (*visit)(struct module *module, void *data), void *data)
{
    int result = 0;
    if (!lock_acquire(&modules_lock))
        return -1;
    for (struct module *m = first_module; m && !result; m = m->next)
        result = visit(m, data);
    lock_release(&modules_lock);
    return result;
}

bool module_is_code(const struct module *module, uintptr_t address)
{
    return elf_image_has_flags(module->phdr, module->phnum, address - module->bias, PF_X);
}

struct module *modules_by_id(uint32_t id)
{
    struct module *module = NULL;
    if (!lock_acquire(&modules_lock))
        return NULL;
    HASH_FIND(by_id, modules_index, &id, sizeof id, module);
    lock_release(&modules_lock);
    return module;
}

struct module *modules_after(uint32_t id)
{
    struct module *module = NULL;
    if (!lock_acquire(&modules_lock))
        return NULL;
    while (!module && id++ < last_id)
        HASH_FIND(by_id, modules_index, &id, sizeof id, module);
    module_ref(module);
    lock_release(&modules_lock);
    return module;
}

/* The last one there that was mapped at `epoch`; 0: at any time. */
static struct module *find_gone(uintptr_t address, uint64_t epoch)
{
    struct module *found = NULL;
    if (address < atomic_load(&gone_start) || address >= atomic_load(&gone_end) ||
        !lock_acquire(&modules_lock))
        return NULL;
    for (struct module *m = first_gone; m && !found; m = m->next_gone)
        if (address >= m->start && address < m->end &&
            (!epoch || (epoch >= m->epoch && epoch < atomic_load(&m->end_epoch))))
            found = module_ref(m);
    lock_release(&modules_lock);
    return found;
}

struct module *modules_find_unloaded(uintptr_t address, uint64_t epoch)
{
    return epoch ? find_gone(address, epoch) : NULL;
}

struct module *modules_find_last(uintptr_t address)
{
    return find_gone(address, 0);
}

void *module_symbol(const struct module *module, const char *name)
{
    struct elf_image image;
    if (!elf_image_read(&image, module->bias, module->phdr, module->phnum))
        return NULL;
    const ElfW(Sym) *symbol = image.symbols ? elf_image_symbol(&image, name) : NULL;
    return symbol ? (void *)(module->bias + symbol->st_value) : NULL;
}

bool modules_changed(void)
{
    unsigned long long adds, subs;
    if (link_maps_have_namespaces())
        return true;
    sightings_counters(&adds, &subs);
    return adds != last_adds || subs != last_subs;
}

/* --- taking over what was seen -------------------------------------------------------------------
 */

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
        .id = ++last_id,
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
        .is_shim =
            (uintptr_t)&modules_lock >= image->start && (uintptr_t)&modules_lock < image->end,
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
    module->load = identity_next_load_locked(module->identity);
    classifier(module);
    module->link = last_link;
    *last_link = module;
    last_link = &module->next;
    if (!first_new)
        first_new = module;
    HASH_ADD(by_id, modules_index, id, sizeof module->id, module);
    return module;
}

static void give_back_locked(struct module *module)
{
    HASH_DELETE(by_id, modules_index, module);
    arena_free((char *)module->path, strlen(module->path) + 1);
    arena_free(module->phdr, module->phnum * sizeof *module->phdr);
    if (module->soname)
        arena_free((char *)module->soname, strlen(module->soname) + 1);
    arena_free(module, sizeof *module);
}

/* Its state says so already. */
static void count_left(const struct module *module)
{
    if (atomic_load(&module->registered) > 0)
        work_note(WORK_REGISTRATIONS);
}

static void goes_locked(struct module *module)
{
    atomic_store(&module->end_epoch, atomic_load(&modules_epoch) + 1);
    atomic_store(&module->state, MODULE_UNLOADED);
    count_left(module);
    module->next_gone = first_gone;
    first_gone = module;
    gone_unpublished++;
    if (module->start < atomic_load(&gone_start))
        atomic_store(&gone_start, module->start);
    if (module->end > atomic_load(&gone_end))
        atomic_store(&gone_end, module->end);
}

static void remove_locked(struct module *module, struct module_changes *changes)
{
    goes_locked(module);
    note_change_locked(module, MODULE_UNLOADED);
    changes->unloaded++;
}

/* What is not in the list any more goes, unless it came after the list was taken. */
static void remove_unseen_locked(const struct sightings *list, struct module_changes *changes)
{
    for (struct module *m = first_module; m; m = m->next)
        m->seen = false;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].known)
            list->items[i].known->seen = true;
    for (struct module *m = first_module; m; m = m->next)
        if (!m->seen && !module_is_unloaded(m) && m->came_alone <= list->came_alone)
            remove_locked(m, changes);
}

/* Those that were finalized, if they are what has gone. */
static bool remove_finalized_locked(const struct sightings *list, struct module_changes *changes)
{
    struct module *module;
    bool are_gone = finalized_count_locked() == list->subs - last_subs;
    for (unsigned i = 0; are_gone && (module = finalized_at_locked(i)) != NULL; i++)
        are_gone = !sighting_is_there(module->start);
    for (unsigned i = 0; are_gone && (module = finalized_at_locked(i)) != NULL; i++) {
        order_remove_locked(module);
        remove_locked(module, changes);
    }
    return are_gone;
}

/* False: the list has to be looked at as a whole. */
static bool remove_missing_locked(const struct sightings *list, struct module_changes *changes)
{
    if (list->kind == LIST_GONE)
        return remove_finalized_locked(list, changes);
    if (list->kind == LIST_ANY)
        remove_unseen_locked(list, changes);
    return true;
}

/* Loads that our list still has where this one lies now: they are unloaded, and whoever closed them
 * has not said so yet. */
static void remove_covered_locked(const struct sighting *sighting, struct module_changes *changes)
{
    uintptr_t start = sighting->image.start, end = sighting->image.end;
    if (!modules_any_in(start, end))
        return;
    for (struct module *m = first_module; m; m = m->next) {
        if (module_is_unloaded(m) || module_is_permanent(m) || m->start >= end || start >= m->end)
            continue;
        order_remove_locked(m);
        remove_locked(m, changes);
    }
}

/* Everything of `list` that we did not know comes. */
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
        note_change_locked(sighting->known, MODULE_LOADED);
        changes->loaded++;
    }
}

/* Modules that went before the last collection and that nothing mentions. */
static void collect_garbage_locked(unsigned unloaded)
{
    enum { COLLECT_EVERY = 16 }; /* unloads */
    static unsigned since;
    since += unloaded;
    if (since < COLLECT_EVERY)
        return;
    since = 0;
    for (struct module **at = &first_gone; *at;) {
        struct module *m = *at;
        if (atomic_load(&m->references) > 0 || !m->may_go) {
            m->may_go |= atomic_load(&m->references) == 0;
            at = &m->next_gone;
            continue;
        }
        *at = m->next_gone;
        *m->link = m->next;
        if (m->next)
            m->next->link = m->link;
        else
            last_link = m->link;
        give_back_locked(m);
    }
}

static bool is_newer_locked(const struct sightings *list)
{
    long long adds = (long long)(list->adds - last_adds),
              subs = (long long)(list->subs - last_subs);
    return adds > 0 || (adds == 0 && subs >= 0);
}

/* What another thread took over meanwhile is not new any more. */
static void know_again(struct sighting *sighting)
{
    struct module *m = sighting->known ? NULL : modules_find(sighting->image.start);
    if (m && m->dynamic == sighting->image.dynamic && m->name_hash == sighting->name_hash &&
        sighting_is_load(m, sighting->serial))
        sighting->known = m;
}

static void apply_locked(unsigned unloaded)
{
    if (snapshot_publish_locked(first_new, first_gone, gone_unpublished)) {
        first_new = NULL;
        gone_unpublished = 0;
        collect_garbage_locked(unloaded);
    }
    atomic_fetch_add(&modules_unloads, unloaded);
    atomic_fetch_add(&modules_epoch, 1);
}

void modules_suppose_unloaded(struct module *module)
{
    if (!lock_acquire(&modules_lock))
        return;
    goes_locked(module);
    snapshot_publish_locked(first_new, first_gone, gone_unpublished);
    atomic_fetch_add(&modules_epoch, 1);
    lock_release(&modules_lock);
}

void modules_set_closed(struct module *module, bool closed)
{
    enum module_state before = closed ? MODULE_LOADED : MODULE_CLOSED,
                      after = closed ? MODULE_CLOSED : MODULE_LOADED;
    if (!lock_acquire(&modules_lock))
        return;
    if (atomic_compare_exchange_strong(&module->state, &before, after)) {
        if (closed)
            count_left(module);
        note_change_locked(module, after);
    }
    lock_release(&modules_lock);
    modules_tell();
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
        apply_locked(changes->unloaded);
    order_update_locked(list);
    finalized_forget_locked();
    last_adds = list->adds;
    last_subs = list->subs;
    return true;
}

/* False: nothing came of it, and the whole list has to be looked at. */
static bool look(bool at_all, uintptr_t opener, bool deepbind, struct module_changes *changes)
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
    if (!look(false, opener, deepbind, &changes))
        look(true, opener, deepbind, &changes);
    modules_tell();
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
        note_change_locked(module, MODULE_LOADED);
    }
    if (module || changes.unloaded)
        apply_locked(changes.unloaded);
    lock_release(&modules_lock);
    modules_tell();
}

void modules_fork_child(void)
{
    snapshot_fork_child();
    finalizing_fork_child();
    atomic_store(&modules_closes, guard.dlclose_depth > 0);
}
