// SPDX-License-Identifier: MIT
/* The load that lies at an address now, while other threads open and close modules. */
#include "base/dropped.h"
#include "base/guard.h"
#include "modules/changes.h"
#include "modules/finalizing.h"
#include "modules/object_at.h"
#include "modules/serials.h"
#include "modules/snapshot.h"
#include "modules/sync.h"

_Atomic unsigned modules_closes;

static uintptr_t pending_opener(void)
{
    return guard.dlopen_pending ? (uintptr_t)guard.dlopen_caller : 0;
}

static bool pending_deepbind(void)
{
    return guard.dlopen_pending && guard.dlopen_deepbind;
}

static struct module *find_by_loader(uintptr_t address)
{
    struct sighting sighting;
    if (sighting_of_address(&sighting, address))
        modules_take_over(&sighting, pending_opener(), pending_deepbind());
    sighting_free_strings(&sighting);
    return modules_find(address);
}

static struct module *find_in_new_list(uintptr_t address)
{
    if (modules_changed())
        modules_sync(pending_opener(), pending_deepbind());
    return modules_find(address);
}

/* Where our list is in doubt. With the present list a thread's own dlclose or dlopen leaves no
 * doubt. */
static struct module *find_without_serials(uintptr_t address)
{
    struct module *module = modules_find(address);
    if (guard.dlopen_pending)
        return find_in_new_list(address);
    if (guard.dlclose_depth > 0 && module)
        return module;
    if (!module && object_at_works())
        return find_by_loader(address);
    drop(DROP_OWNER);
    return NULL;
}

/* While some thread closes a module. */
static struct module *find_among_closes(uintptr_t address)
{
    struct module *module = modules_find(address);
    struct dl_find_object found;
    if (module_is_permanent(module))
        return module;
    uint64_t serial = object_at(address, &found) ? serials_of(found.dlfo_link_map) : 0;
    if (!serial || (module && !module->serial))
        return find_without_serials(address);
    if (module && module->serial == serial)
        return module;
    /* Reads the whole list where that is allowed: it also shows which modules are unloaded. */
    return guard.dlopen_pending ? find_in_new_list(address) : find_by_loader(address);
}

struct module *modules_find_live(uintptr_t address)
{
    if (unlikely(atomic_load(&modules_closes) > 0))
        return find_among_closes(address);
    struct module *module = modules_find(address);
    if (module)
        return module;
    return object_at_works() ? find_by_loader(address) : find_in_new_list(address);
}

void modules_close_begins(void)
{
    atomic_fetch_add(&modules_closes, 1);
}

/* Another thread may have seen the change and not reported it yet. */
void modules_close_ends(void)
{
    changes_report();
    atomic_fetch_sub(&modules_closes, 1);
}

void modules_fork_child(void)
{
    snapshot_fork_child();
    finalizing_fork_child();
    atomic_store(&modules_closes, guard.dlclose_depth > 0);
}
