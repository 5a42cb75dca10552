// SPDX-License-Identifier: MIT
#include "modules/surroundings.h"
#include "base/compiler.h"
#include "base/output.h"

extern HIDDEN ElfW(Dyn) _DYNAMIC[];

static bool is_shim(const struct link_map *map)
{
    return map->l_ld == _DYNAMIC;
}

static void *symbol_in(const struct link_map *map, const char *name, size_t *size)
{
    struct elf_image image;
    elf_image_read_dynamic(&image, map->l_addr, map->l_ld);
    const ElfW(Sym) *symbol = elf_image_symbol(&image, name);
    if (symbol && size)
        *size = symbol->st_size;
    return symbol ? (void *)(map->l_addr + symbol->st_value) : NULL;
}

static const struct link_map *own_map(void)
{
    const struct link_map *map = _r_debug.r_map;
    while (map && !is_shim(map))
        map = map->l_next;
    return map;
}

const char *surroundings_own_path(void)
{
    const struct link_map *map = own_map();
    if (!map)
        return NULL;
    return *map->l_name ? map->l_name : output_program();
}

void *surroundings_next_symbol(const char *name)
{
    const struct link_map *map = own_map();
    void *found = NULL;
    for (map = map ? map->l_next : NULL; map && !found; map = map->l_next)
        found = symbol_in(map, name, NULL);
    return found;
}

static bool is_libc(const struct link_map *map)
{
    return symbol_in(map, "gnu_get_libc_version", NULL) != NULL;
}

bool surroundings_have_next(const char *name)
{
    static const struct link_map *libc;
    for (const struct link_map *map = libc ? NULL : own_map(); map && !libc; map = map->l_next)
        libc = is_libc(map) ? map : NULL;
    return (libc && symbol_in(libc, name, NULL)) || surroundings_next_symbol(name);
}

bool surroundings_program_has(const char *name)
{
    const struct link_map *map = _r_debug.r_map;
    return map && !is_shim(map) && symbol_in(map, name, NULL);
}

static void read_libc(const struct link_map *map, struct surroundings *found)
{
    size_t size;
    uintptr_t exit_start = (uintptr_t)symbol_in(map, "exit", &size);
    if (exit_start) {
        /* The call that never returns may be its last instruction. */
        found->exit_start = exit_start;
        found->exit_end = exit_start + size + 1;
    }
    found->pthread_keys = symbol_in(map, "__pthread_keys", NULL);
}

void surroundings_read(struct surroundings *found)
{
    bool is_after_us = false;
    const void *next_malloc = surroundings_next_symbol("malloc");
    *found = (struct surroundings){.heap_seen = true, .protection_seen = true};
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        is_after_us |= is_shim(map);
        const void *own_malloc = symbol_in(map, "malloc", NULL);
        if (!is_after_us && own_malloc)
            found->heap_seen = false;
        if (!is_after_us && symbol_in(map, "mprotect", NULL))
            found->protection_seen = false;
        if (is_libc(map)) {
            read_libc(map, found);
            found->glibc_malloc = own_malloc == next_malloc;
        }
        if (!found->find_object)
            found->find_object = (find_object *)symbol_in(map, "_dl_find_object", NULL);
    }
}
