// SPDX-License-Identifier: MIT
#include "modules/sightings.h"
#include "base/arena.h"
#include "base/compiler.h"
#include "base/output.h"
#include "base/sys.h"
#include "modules/link_maps.h"
#include "modules/object_at.h"
#include "modules/serials.h"

#include <dlfcn.h>
#include <string.h>

struct counters {
    unsigned long long adds, subs;
};

static int read_counters(struct dl_phdr_info *info, size_t size, void *data)
{
    *(struct counters *)data = (struct counters){info->dlpi_adds, info->dlpi_subs};
    return 1;
}

void sightings_counters(unsigned long long *adds, unsigned long long *subs)
{
    struct counters now;
    dl_iterate_phdr(read_counters, &now);
    *adds = now.adds;
    *subs = now.subs;
}

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* The loader's name is empty for the program itself, and relative where the program gave a relative
 * path. */
static char *absolute_path(const char *name)
{
    if (!*name)
        return arena_strdup(output_program());
    return strchr(name, '/') ? output_absolute_path(name) : arena_strdup(name);
}

/* Room for one more of `size` bytes in a list that begins at `items`. False: there is no memory. */
static bool grow(void **items, size_t count, size_t *capacity, size_t size)
{
    enum { FEW = 16 };
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? *capacity * 2 : FEW;
    void *copy = arena_alloc_dirty(larger * size);
    if (!copy)
        return false;
    if (*items)
        memcpy(copy, *items, count * size);
    arena_free(*items, *capacity * size);
    *items = copy;
    *capacity = larger;
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

bool sighting_is_load(const struct module *module, uint64_t serial)
{
    if (serial && module->serial)
        return serial == module->serial;
    return atomic_load(&module->finalizing_tid) != FINALIZED;
}

/* Ours for this object, unless it is a later load at the same place. */
static struct module *recognize(const struct dl_phdr_info *info, uint32_t name_hash,
                                uint64_t serial)
{
    struct module *module = modules_find(first_address(info));
    if (module && module->dynamic == dynamic_of(info) && module->bias == info->dlpi_addr &&
        module->name_hash == name_hash && sighting_is_load(module, serial))
        return module;
    return NULL;
}

static ElfW(Phdr) * copy_headers(const ElfW(Phdr) * phdr, unsigned phnum)
{
    ElfW(Phdr) *copy = arena_alloc(phnum * sizeof *copy);
    return copy ? memcpy(copy, phdr, phnum * sizeof *copy) : NULL;
}

/* Copies the strings that must outlive the image. */
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

/* The numbers of loads rise to that of the last one. */
static uint64_t checked_serial(const struct link_map *map, const struct sightings *list)
{
    uint64_t serial = serials_of(map);
    if (serial <= list->adds)
        return serial;
    serials_forget();
    return 0;
}

/* Under the loader's list lock: the object cannot go while we read it. */
static int collect_object(const struct dl_phdr_info *info, struct sightings *list,
                          const struct link_map *handle)
{
    if (!grow((void **)&list->items, list->count, &list->capacity, sizeof *list->items)) {
        list->failed = true;
        return 1;
    }
    struct sighting *sighting = &list->items[list->count];
    *sighting = (struct sighting){.at = list->total - 1,
                                  .name_hash = hash_name(info->dlpi_name),
                                  .handle = handle ? handle : link_map_of(dynamic_of(info)),
                                  .tls_module = info->dlpi_tls_modid};
    sighting->serial = checked_serial(sighting->handle, list);
    sighting->known = recognize(info, sighting->name_hash, sighting->serial);
    if (sighting->known && info->dlpi_tls_modid)
        sighting->known->tls_module = info->dlpi_tls_modid;
    if (!sighting->known) {
        if (!elf_image_read(&sighting->image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum))
            return 0;
        keep(sighting, info->dlpi_name);
    }
    list->count++;
    return 0;
}

/* True if these are the program headers of the object, and lie in memory where they do in the file.
 */
static bool are_its_headers(const struct link_map *map, const ElfW(Ehdr) * header,
                            const ElfW(Phdr) * phdr)
{
    bool has_dynamic = false, has_start = false;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        has_dynamic |=
            phdr[i].p_type == PT_DYNAMIC && map->l_addr + phdr[i].p_vaddr == (uintptr_t)map->l_ld;
        has_start |= phdr[i].p_type == PT_LOAD && phdr[i].p_offset == 0 && phdr[i].p_vaddr == 0 &&
                     phdr[i].p_filesz >= header->e_phoff + header->e_phnum * sizeof *phdr;
    }
    return has_dynamic && has_start;
}

/* Fills in what dl_iterate_phdr reports, except the number of the thread-local storage. False: the
 * headers are not at their usual place. Program headers follow the ELF header, mostly. */
static bool read_map(const struct link_map *map, struct dl_phdr_info *info)
{
    enum { MOST = 64 };
    struct {
        ElfW(Ehdr) header;
        ElfW(Phdr) phdr[MOST];
    } start;
    const ElfW(Ehdr) *header = &start.header;
    if (sys_read_memory((void *)map->l_addr, &start, sizeof start) != (ssize_t)sizeof start ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_phentsize != sizeof *start.phdr || header->e_phnum > MOST ||
        header->e_phoff > UINT32_MAX)
        return false;
    const ElfW(Phdr) *phdr = (const ElfW(Phdr) *)(map->l_addr + header->e_phoff);
    size_t size = header->e_phnum * sizeof *phdr;
    if (header->e_phoff != sizeof *header &&
        sys_read_memory(phdr, start.phdr, size) != (ssize_t)size)
        return false;
    if (!are_its_headers(map, header, start.phdr))
        return false;
    *info = (struct dl_phdr_info){
        .dlpi_addr = map->l_addr,
        .dlpi_name = map->l_name,
        .dlpi_phdr = phdr,
        .dlpi_phnum = header->e_phnum,
    };
    return true;
}

/* Under the loader's list lock. A map of the loader itself stands in each namespace. */
static void collect_map(struct sightings *list, const struct link_map *map)
{
    struct dl_phdr_info info;
    const struct module *known = modules_find((uintptr_t)map->l_ld);
    if (known && known->dynamic == (uintptr_t)map->l_ld && known->handle != map)
        return;
    if (read_map(map, &info))
        collect_object(&info, list, map);
}

static void collect_namespaces(struct sightings *list)
{
    const struct link_map *map;
    for (unsigned n = 1; (map = link_maps_first(n)) != NULL; n++)
        for (; map; map = map->l_next)
            collect_map(list, map);
}

/* The counters only rise, and new objects come to the end of the list. */
static enum list_kind kind_of(const struct sightings *list)
{
    const struct list_state *before = &list->before;
    if (!before->valid || list->has_namespaces)
        return LIST_ANY;
    if (list->subs == before->subs)
        return LIST_ADDED;
    return list->adds == before->adds ? LIST_REMOVED : LIST_ANY;
}

static bool add_map(struct sightings *list, const struct link_map *map)
{
    list->failed |= !grow((void **)&list->maps, list->map_count, &list->map_capacity,
                          sizeof(struct link_map *));
    if (!list->failed)
        list->maps[list->map_count++] = map;
    return !list->failed;
}

static bool has_tls(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            return true;
    return false;
}

/* Adds the objects that follow the last known one. False, and nothing is added: they are many, or
 * one of them needs dl_iterate_phdr. */
static bool follow_chain(struct sightings *list)
{
    enum { MANY = 16 };
    struct dl_phdr_info infos[MANY];
    const struct link_map *last = list->before.last, *map;
    size_t count = 0;
    for (map = last ? last->l_next : NULL; map; map = map->l_next, count++)
        if (count == MANY || !read_map(map, &infos[count]) || has_tls(&infos[count]))
            return false;
    if (count == 0)
        return false;
    map = last->l_next;
    list->total = list->before.count;
    for (size_t i = 0; i < count && add_map(list, map); i++, map = map->l_next) {
        list->total++;
        collect_object(&infos[i], list, map);
    }
    return true;
}

/* True: that was all. */
static bool begin_list(const struct dl_phdr_info *info, struct sightings *list)
{
    const struct link_map *map = link_maps_first(0);
    list->adds = info->dlpi_adds;
    list->subs = info->dlpi_subs;
    list->has_namespaces = link_maps_have_namespaces();
    serials_learn(map, list->adds);
    list->kind = kind_of(list);
    list->passed = list->kind == LIST_ADDED ? list->before.count : 0;
    list->next = map;
    if (list->has_namespaces)
        collect_namespaces(list);
    if (list->kind == LIST_REMOVED)
        list->total = list->before.count - (size_t)(list->subs - list->before.subs);
    return list->kind == LIST_REMOVED || (list->kind == LIST_ADDED && follow_chain(list));
}

/* dl_iterate_phdr (elf/dl-iteratephdr.c) follows the same chain. */
static const struct link_map *next_map(struct sightings *list, const struct dl_phdr_info *info)
{
    const struct link_map *map = list->next;
    list->out_of_step |= !map || map->l_addr != info->dlpi_addr;
    list->next = list->out_of_step ? NULL : map->l_next;
    return list->out_of_step ? NULL : map;
}

static __attribute__((noinline)) int collect_next(const struct dl_phdr_info *info,
                                                  struct sightings *list)
{
    if (list->total == 0 && begin_list(info, list))
        return 1;
    const struct link_map *map = next_map(list, info);
    if (list->total++ < list->passed)
        return 0;
    return add_map(list, map) ? collect_object(info, list, map) : 1;
}

/* Most are known, and passed over. */
static int collect(struct dl_phdr_info *info, size_t size, void *data)
{
    struct sightings *list = data;
    if (list->total == 0 || list->total >= list->passed)
        return collect_next(info, list);
    list->total++;
    next_map(list, info);
    return 0;
}

void sightings_collect(struct sightings *list)
{
    dl_iterate_phdr(collect, list);
}

void sighting_free_strings(struct sighting *sighting)
{
    struct elf_image *image = &sighting->image;
    if (sighting->path)
        arena_free(sighting->path, strlen(sighting->path) + 1);
    if (image->soname)
        arena_free((char *)image->soname, strlen(image->soname) + 1);
    arena_free(sighting->phdr, image->phnum * sizeof *sighting->phdr);
}

void sightings_free(struct sightings *list)
{
    for (size_t i = 0; i < list->count; i++)
        sighting_free_strings(&list->items[i]);
    arena_free(list->items, list->capacity * sizeof *list->items);
    arena_free(list->maps, list->map_capacity * sizeof(struct link_map *));
}

/* The program headers after the ELF header at the start of the mapping. */
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
    sighting->serial = serials_of(map);
    sighting->name_hash = hash_name(map->l_name);
    keep(sighting, map->l_name);
    return true;
}

bool sighting_of_address(struct sighting *sighting, uintptr_t address)
{
    struct dl_find_object found;
    *sighting = (struct sighting){0};
    return object_at(address, &found) && read_mapping(sighting, &found);
}

bool sighting_is_there(uintptr_t address)
{
    struct dl_find_object found;
    return !object_at_works() || object_at(address, &found);
}

bool sighting_has_map(uintptr_t address, const struct link_map *map)
{
    struct dl_find_object found;
    return object_at(address, &found) && found.dlfo_link_map == map;
}
