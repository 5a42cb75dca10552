// SPDX-License-Identifier: MIT
#include "modules/modules.h"
#include "base/lock.h"
#include "modules/list.h"
#include "modules/snapshot.h"
#include "modules/territory.h"
#include "modules/work.h"

#include <string.h>

_Atomic uint64_t modules_epoch, modules_unloads;
_Atomic bool modules_came;

struct lock modules_lock;
static struct module *first_module, **last_link = &first_module; /* oldest first */
static struct module *first_unloaded;                            /* the newest first */
/* The range of all unloaded modules. Most addresses in question are of stacks and heaps. */
static _Atomic uintptr_t unloaded_start = UINTPTR_MAX, unloaded_end;
static struct module *first_new; /* and what follows it: not published yet */
static unsigned unpublished_unloads;
static struct module *modules_index;
static uint32_t last_id;

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
static struct module *find_unloaded(uintptr_t address, uint64_t epoch)
{
    struct module *found = NULL;
    if (address < atomic_load(&unloaded_start) || address >= atomic_load(&unloaded_end) ||
        !lock_acquire(&modules_lock))
        return NULL;
    for (struct module *m = first_unloaded; m && !found; m = m->next_unloaded)
        if (address >= m->start && address < m->end &&
            (!epoch || (epoch >= m->epoch && epoch < atomic_load(&m->end_epoch))))
            found = module_ref(m);
    lock_release(&modules_lock);
    return found;
}

struct module *modules_find_unloaded(uintptr_t address, uint64_t epoch)
{
    return epoch ? find_unloaded(address, epoch) : NULL;
}

struct module *modules_find_last(uintptr_t address)
{
    return find_unloaded(address, 0);
}

struct module *modules_find_before(uintptr_t address, const struct module *module)
{
    struct module *found = NULL;
    if (!lock_acquire(&modules_lock))
        return NULL;
    for (struct module *m = first_unloaded; m && !found; m = m->next_unloaded)
        if (address >= m->start && address < m->end && atomic_load(&m->end_epoch) <= module->epoch)
            found = module_ref(m);
    lock_release(&modules_lock);
    return found;
}

void *module_symbol(const struct module *module, const char *name)
{
    struct elf_image image;
    if (!elf_image_read(&image, module->bias, module->phdr, module->phnum))
        return NULL;
    const ElfW(Sym) *symbol = image.symbols ? elf_image_symbol(&image, name) : NULL;
    return symbol ? (void *)(module->bias + symbol->st_value) : NULL;
}

struct module *list_first_locked(void)
{
    return first_module;
}

void list_add_locked(struct module *module)
{
    module->id = ++last_id;
    if (!module->startup) {
        atomic_store(&modules_came, true);
        territory_add(module->start, module->end);
    }
    module->link = last_link;
    *last_link = module;
    last_link = &module->next;
    if (!first_new)
        first_new = module;
    HASH_ADD(by_id, modules_index, id, sizeof module->id, module);
}

static void give_back_locked(struct module *module)
{
    HASH_DELETE(by_id, modules_index, module);
    arena_free((char *)module->path, strlen(module->path) + 1);
    arena_free(module->phdr, module->phnum * sizeof *module->phdr);
    arena_free(module->objects, module->object_room * sizeof *module->objects);
    if (module->soname)
        arena_free((char *)module->soname, strlen(module->soname) + 1);
    arena_free(module, sizeof *module);
}

/* Its state says so already. */
void list_count_left(const struct module *module)
{
    if (atomic_load(&module->registered) > 0)
        work_note(WORK_REGISTRATIONS);
}

void list_unload_locked(struct module *module)
{
    atomic_store(&module->end_epoch, atomic_load(&modules_epoch) + 1);
    atomic_store(&module->state, MODULE_UNLOADED);
    list_count_left(module);
    module->next_unloaded = first_unloaded;
    first_unloaded = module;
    unpublished_unloads++;
    if (module->start < atomic_load(&unloaded_start))
        atomic_store(&unloaded_start, module->start);
    if (module->end > atomic_load(&unloaded_end))
        atomic_store(&unloaded_end, module->end);
}

/* Releases modules that were unloaded before the last collection and that have no references. */
static void collect_garbage_locked(unsigned unloaded)
{
    enum { COLLECT_EVERY = 16 }; /* unloads */
    static unsigned since;
    since += unloaded;
    if (since < COLLECT_EVERY)
        return;
    since = 0;
    for (struct module **at = &first_unloaded; *at;) {
        struct module *m = *at;
        if (atomic_load(&m->references) > 0 || !m->may_go) {
            m->may_go |= atomic_load(&m->references) == 0;
            at = &m->next_unloaded;
            continue;
        }
        *at = m->next_unloaded;
        *m->link = m->next;
        if (m->next)
            m->next->link = m->link;
        else
            last_link = m->link;
        give_back_locked(m);
    }
}

void list_publish_locked(unsigned unloaded)
{
    if (snapshot_publish_locked(first_new, first_unloaded, unpublished_unloads)) {
        first_new = NULL;
        unpublished_unloads = 0;
        collect_garbage_locked(unloaded);
    }
    atomic_fetch_add(&modules_unloads, unloaded);
    atomic_fetch_add(&modules_epoch, 1);
}

void modules_suppose_unloaded(struct module *module)
{
    if (!lock_acquire(&modules_lock))
        return;
    list_unload_locked(module);
    snapshot_publish_locked(first_new, first_unloaded, unpublished_unloads);
    atomic_fetch_add(&modules_epoch, 1);
    lock_release(&modules_lock);
}
