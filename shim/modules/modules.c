// SPDX-License-Identifier: MIT
#include "modules/modules.h"
#include "base/arena.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "base/lock.h"
#include "base/output.h"
#include "base/sys.h"
#include "base/text.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Mapped modules by address, for readers without a lock. Never changed once published. */
struct snapshot {
    size_t size; /* of this allocation */
    size_t count;
    struct snapshot *next_retired;
    struct snapshot_entry {
        uintptr_t start, end;
        struct module *module;
    } entries[];
};

/* How often an identity was loaded. Never given back: load numbers go on. */
struct identity {
    UT_hash_handle hh;
    uint32_t loads;
    char name[];
};

/* One object as the loader shows it. `known` is our module for it, else the rest describes a new
 * one. */
struct sighting {
    struct module *known;
    struct elf_image image;
    uint32_t name_hash;
    char *path;
    ElfW(Phdr) * phdr; /* a copy */
    const void *handle;
};

struct sightings {
    struct sighting *items;
    size_t count, capacity;
    uint64_t came_alone; /* when the list was taken */
    unsigned long long adds, subs;
    bool failed;
};

_Atomic uint64_t modules_epoch, modules_unloads;

struct lock modules_lock;
struct lock changes_lock;
static module_classifier *classifier;
static module_listener *listener;
static struct module *first_module, **last_link = &first_module; /* oldest first */
static struct module *modules_index;
static struct identity *identities;
static uint32_t last_id;
static unsigned long long last_adds, last_subs;
static _Atomic bool exiting;
static _Atomic uint64_t came_alone; /* modules that came without a sync (modules_find_new) */

static _Atomic(struct snapshot *) current;
static _Atomic unsigned readers;
static struct snapshot *retired;

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

static struct change *take_change(void)
{
    if (!lock_acquire(&modules_lock))
        return NULL;
    struct change *change = first_change;
    if (change)
        first_change = change->next;
    if (!first_change)
        last_change = &first_change;
    lock_release(&modules_lock);
    return change;
}

/* --- readers ------------------------------------------------------------------------------------
 */

/* A snapshot is given back only when no reader was under way at some moment after it was replaced.
 */
static const struct snapshot *snapshot_enter(void)
{
    atomic_fetch_add(&readers, 1);
    return atomic_load(&current);
}

static void snapshot_leave(void)
{
    atomic_fetch_sub(&readers, 1);
}

static struct module *find_in(const struct snapshot *snapshot, uintptr_t address)
{
    size_t low = 0, high = snapshot ? snapshot->count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct snapshot_entry *entry = &snapshot->entries[middle];
        if (address < entry->start)
            high = middle;
        else if (address >= entry->end)
            low = middle + 1;
        else
            return entry->module;
    }
    return NULL;
}

struct module *modules_find(uintptr_t address)
{
    struct module *module = find_in(snapshot_enter(), address);
    snapshot_leave();
    return module;
}

int modules_each_mapped(int (*visit)(struct module *module, void *data), void *data)
{
    const struct snapshot *snapshot = snapshot_enter();
    int result = 0;
    for (size_t i = 0; snapshot && i < snapshot->count && !result; i++)
        result = visit(snapshot->entries[i].module, data);
    snapshot_leave();
    return result;
}

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

static int has_handle(struct module *module, void *handle)
{
    const void **wanted = handle;
    if (module->handle != *wanted)
        return 0;
    *wanted = module;
    return 1;
}

struct module *modules_by_handle(const void *handle)
{
    const void *found = handle;
    return handle && modules_each_mapped(has_handle, &found) ? (struct module *)found : NULL;
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

struct module *modules_find_unloaded(uintptr_t address, uint64_t epoch)
{
    struct module *found = NULL;
    if (!lock_acquire(&modules_lock))
        return NULL;
    for (struct module *m = first_module; m && !found; m = m->next)
        if (module_is_unloaded(m) && address >= m->start && address < m->end && epoch >= m->epoch &&
            epoch < atomic_load(&m->end_epoch))
            found = module_ref(m);
    lock_release(&modules_lock);
    return found;
}

/* --- looking at the loader's list
 * ----------------------------------------------------------------- */

struct counters {
    unsigned long long adds, subs;
};

static int read_counters(struct dl_phdr_info *info, size_t size, void *data)
{
    *(struct counters *)data = (struct counters){info->dlpi_adds, info->dlpi_subs};
    return 1;
}

bool modules_changed(void)
{
    struct counters now;
    __real_dl_iterate_phdr(read_counters, &now);
    return now.adds != last_adds || now.subs != last_subs;
}

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static COLD char *program_path(void)
{
    char target[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    return arena_strdup(target);
}

/* The loader's name is empty for the program itself, and relative where the program gave a relative
 * path. */
static char *absolute_path(const char *name)
{
    if (!*name)
        return program_path();
    return strchr(name, '/') ? output_absolute_path(name) : arena_strdup(name);
}

static bool grow(struct sightings *list)
{
    if (list->count < list->capacity)
        return true;
    size_t capacity = list->capacity ? list->capacity * 2 : 64;
    struct sighting *items = arena_alloc(capacity * sizeof *items);
    if (!items) {
        list->failed = true;
        return false;
    }
    if (list->items)
        memcpy(items, list->items, list->count * sizeof *items);
    arena_free(list->items, list->capacity * sizeof *items);
    list->items = items;
    list->capacity = capacity;
    return true;
}

static uintptr_t first_address(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD)
            return info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    return 0;
}

static uintptr_t dynamic_of(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    return 0;
}

/* Ours for this object, unless what we know has been finalized since: then this is its successor.
 */
static struct module *recognize(const struct dl_phdr_info *info, uint32_t name_hash)
{
    struct module *module = modules_find(first_address(info));
    if (module && module->dynamic == dynamic_of(info) && module->bias == info->dlpi_addr &&
        module->name_hash == name_hash && atomic_load(&module->finalizing_tid) != FINALIZED)
        return module;
    return NULL;
}

static ElfW(Phdr) * copy_headers(const ElfW(Phdr) * phdr, unsigned phnum)
{
    ElfW(Phdr) *copy = arena_alloc(phnum * sizeof *copy);
    return copy ? memcpy(copy, phdr, phnum * sizeof *copy) : NULL;
}

/* What must outlive the image. */
static void keep(struct sighting *sighting, const char *name)
{
    struct elf_image *image = &sighting->image;
    sighting->path = absolute_path(name);
    sighting->phdr = copy_headers(image->phdr, image->phnum);
    if (image->soname)
        image->soname = arena_strdup(image->soname);
}

/* Under the loader's list lock. */
static const void *link_map_of(uintptr_t dynamic)
{
    const struct link_map *map = _r_debug.r_map;
    while (map && (uintptr_t)map->l_ld != dynamic)
        map = map->l_next;
    return map;
}

/* Under the loader's list lock: the object cannot go while we read it. */
static int collect(struct dl_phdr_info *info, size_t size, void *data)
{
    struct sightings *list = data;
    list->adds = info->dlpi_adds;
    list->subs = info->dlpi_subs;
    if (!grow(list))
        return 1;
    struct sighting *sighting = &list->items[list->count];
    *sighting = (struct sighting){.name_hash = hash_name(info->dlpi_name)};
    sighting->known = recognize(info, sighting->name_hash);
    if (!sighting->known) {
        if (!elf_image_read(&sighting->image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum))
            return 0;
        sighting->handle = link_map_of(sighting->image.dynamic);
        keep(sighting, info->dlpi_name);
    }
    list->count++;
    return 0;
}

/* --- taking over what was seen
 * ---------------------------------------------------------------------- */

static uint32_t next_load_locked(const char *name)
{
    struct identity *identity;
    size_t length = strlen(name);
    HASH_FIND(hh, identities, name, length, identity);
    if (!identity) {
        identity = arena_alloc(sizeof *identity + length + 1);
        if (!identity)
            return 1;
        memcpy(identity->name, name, length + 1);
        HASH_ADD_KEYPTR(hh, identities, identity->name, length, identity);
    }
    return ++identity->loads;
}

static const char *identity_of(const struct module *module)
{
    const char *slash = strrchr(module->path, '/');
    if (module->soname && *module->soname)
        return module->soname;
    return slash ? slash + 1 : module->path;
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
        .id = ++last_id,
        .bias = image->bias,
        .start = image->start,
        .end = image->end,
        .phdr = sighting->phdr,
        .dynamic = image->dynamic,
        .handle = sighting->handle,
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
        .epoch = atomic_load(&modules_epoch) + 1,
        .end_epoch = UINT64_MAX,
        .seen = true,
    };
    memcpy(module->build_id, image->build_id, sizeof module->build_id);
    sighting->path = NULL;
    sighting->phdr = NULL;
    sighting->image.soname = NULL;
    module->identity = identity_of(module);
    module->load = next_load_locked(module->identity);
    classifier(module);
    *last_link = module;
    last_link = &module->next;
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

static void publish_locked(void)
{
    size_t count = 0;
    for (struct module *m = first_module; m; m = m->next)
        count += !module_is_unloaded(m);
    size_t size = sizeof(struct snapshot) + count * sizeof(struct snapshot_entry);
    struct snapshot *snapshot = arena_alloc(size);
    if (!snapshot) {
        drop(DROP_MODULE);
        return;
    }
    snapshot->size = size;
    for (struct module *m = first_module; m; m = m->next) {
        if (module_is_unloaded(m))
            continue;
        size_t at = snapshot->count++;
        for (; at > 0 && snapshot->entries[at - 1].start > m->start; at--)
            snapshot->entries[at] = snapshot->entries[at - 1];
        snapshot->entries[at] = (struct snapshot_entry){m->start, m->end, m};
    }
    struct snapshot *old = atomic_exchange(&current, snapshot);
    if (old) {
        old->next_retired = retired;
        retired = old;
    }
    while (retired && atomic_load(&readers) == 0) {
        struct snapshot *next = retired->next_retired;
        arena_free(retired, retired->size);
        retired = next;
    }
}

/* Everything of `list` that we did not know comes; what is not in it any more goes, unless it came
 * after the list was taken. */
static void merge_locked(struct sightings *list, uintptr_t opener, bool deepbind,
                         struct module_changes *changes)
{

    for (struct module *m = first_module; m; m = m->next)
        m->seen = false;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].known)
            list->items[i].known->seen = true;
    for (struct module *m = first_module; m; m = m->next) {
        if (m->seen || module_is_unloaded(m) || m->came_alone > list->came_alone)
            continue;
        atomic_store(&m->end_epoch, atomic_load(&modules_epoch) + 1);
        atomic_store(&m->state, MODULE_UNLOADED);
        note_change_locked(m, MODULE_UNLOADED);
        changes->unloaded++;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct module *m =
            list->items[i].known ? NULL : add_locked(&list->items[i], opener, deepbind);
        if (!m)
            continue;
        note_change_locked(m, MODULE_LOADED);
        changes->loaded++;
    }
}

/* Modules that went before the last sync and that nothing mentions. */
static void collect_garbage_locked(void)
{
    for (struct module **link = &first_module; *link;) {
        struct module *m = *link;
        if (!module_is_unloaded(m) || atomic_load(&m->references) > 0) {
            link = &m->next;
        } else if (!m->may_go) {
            m->may_go = true;
            link = &m->next;
        } else {
            *link = m->next;
            if (last_link == &m->next)
                last_link = link;
            give_back_locked(m);
        }
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
        atomic_load(&m->finalizing_tid) != FINALIZED)
        sighting->known = m;
}

static void apply_locked(unsigned unloaded)
{
    collect_garbage_locked();
    publish_locked();
    atomic_fetch_add(&modules_unloads, unloaded);
    atomic_fetch_add(&modules_epoch, 1);
}

static void take_over_locked(struct sightings *list, uintptr_t opener, bool deepbind,
                             struct module_changes *changes)
{
    for (size_t i = 0; i < list->count; i++)
        know_again(&list->items[i]);
    merge_locked(list, opener, deepbind, changes);
    if (changes->loaded || changes->unloaded)
        apply_locked(changes->unloaded);
    last_adds = list->adds;
    last_subs = list->subs;
}

/* What no module took over. */
static void free_strings(struct sightings *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct sighting *s = &list->items[i];
        if (s->path)
            arena_free(s->path, strlen(s->path) + 1);
        if (s->image.soname)
            arena_free((char *)s->image.soname, strlen(s->image.soname) + 1);
        arena_free(s->phdr, s->image.phnum * sizeof *s->phdr);
    }
}

static void free_sightings(struct sightings *list)
{
    free_strings(list);
    arena_free(list->items, list->capacity * sizeof *list->items);
}

/* Whatever is to be told, ours and other threads'. */
static void tell(void)
{
    if (!lock_acquire(&changes_lock)) {
        drop(DROP_MODULE);
        return;
    }
    for (struct change *change; (change = take_change()) != NULL;) {
        listener(change->module, change->state);
        module_unref(change->module);
        arena_free(change, sizeof *change);
    }
    lock_release(&changes_lock);
}

struct module_changes modules_sync(uintptr_t opener, bool deepbind)
{
    struct sightings list = {.came_alone = atomic_load(&came_alone)};
    struct module_changes changes = {0};

    __real_dl_iterate_phdr(collect, &list);
    if (list.failed || !lock_acquire(&modules_lock)) {
        drop(DROP_MODULE);
        free_sightings(&list);
        return changes;
    }
    if (is_newer_locked(&list))
        take_over_locked(&list, opener, deepbind, &changes);
    lock_release(&modules_lock);
    free_sightings(&list);

    tell();
    return changes;
}

/* --- one module, without the loader's locks
 * ------------------------------------------------------------- */

static find_object *loader_find_object;

void modules_set_find_object(find_object *function)
{
    loader_find_object = function;
}

/* The program headers behind the ELF header at the start of the mapping. */
static bool read_mapping(struct sighting *sighting, const struct dl_find_object *found)
{
    const struct link_map *map = found->dlfo_link_map;
    const ElfW(Ehdr) *header = found->dlfo_map_start;
    uintptr_t length = (uintptr_t)found->dlfo_map_end - (uintptr_t)header;
    if (length < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phoff + header->e_phnum * sizeof(ElfW(Phdr)) > length)
        return false;
    const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)((uintptr_t)header + header->e_phoff);
    if (!elf_image_read(&sighting->image, map->l_addr, phdr, header->e_phnum))
        return false;
    sighting->handle = map;
    sighting->name_hash = hash_name(map->l_name);
    keep(sighting, map->l_name);
    return true;
}

/* Adds it, unless another thread was faster. */
static void take_over_one(struct sighting *sighting)
{
    struct module *module = NULL;
    uintptr_t opener = guard.dlopen_pending ? (uintptr_t)guard.dlopen_caller : 0;
    if (!lock_acquire(&modules_lock)) {
        drop(DROP_MODULE);
        return;
    }
    know_again(sighting);
    if (!sighting->known)
        module = add_locked(sighting, opener, guard.dlopen_pending && guard.dlopen_deepbind);
    if (module) {
        module->came_alone = atomic_fetch_add(&came_alone, 1) + 1;
        note_change_locked(module, MODULE_LOADED);
        apply_locked(0);
    }
    lock_release(&modules_lock);
    tell();
}

static struct module *find_by_loader(uintptr_t address)
{
    struct dl_find_object found;
    struct sighting sighting = {0};
    struct sightings list = {.items = &sighting, .count = 1};
    if (loader_find_object((void *)address, &found) != 0 || !read_mapping(&sighting, &found))
        return NULL;
    take_over_one(&sighting);
    free_strings(&list);
    return modules_find(address);
}

struct module *modules_find_new(uintptr_t address)
{
    struct module *module = modules_find(address);
    if (module)
        return module;
    if (loader_find_object)
        return find_by_loader(address);
    if (!modules_changed())
        return NULL;
    modules_sync(guard.dlopen_pending ? (uintptr_t)guard.dlopen_caller : 0,
                 guard.dlopen_pending && guard.dlopen_deepbind);
    return modules_find(address);
}

/* --- the end of a load
 * ------------------------------------------------------------------------------ */

void modules_finalized(uintptr_t dso_handle, int32_t tid)
{
    struct module *module = modules_find(dso_handle);
    if (module && !module->startup && !atomic_load(&exiting))
        atomic_store(&module->finalizing_tid, tid);
}

static int close_done(struct module *module, void *tid)
{
    int32_t expected = *(int32_t *)tid;
    atomic_compare_exchange_strong(&module->finalizing_tid, &expected, FINALIZED);
    return 0;
}

void modules_close_done(int32_t tid)
{
    if (!atomic_load(&exiting))
        modules_each_mapped(close_done, &tid);
}

void modules_exiting(void)
{
    atomic_store(&exiting, true);
}

void modules_fork_child(void)
{
    atomic_store(&readers, 0);
}
