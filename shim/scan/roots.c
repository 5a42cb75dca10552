// SPDX-License-Identifier: MIT
#include "scan/roots.h"
#include "base/arena.h"
#include "base/sys.h"
#include "base/written.h"
#include "modules/relro.h"
#include "registry/epolls.h"
#include "registry/libc_lists.h"
#include "registry/registrations.h"
#include "scan/thread_roots.h"

#include <string.h>

enum {
    PAGE = 4096,
    ARENA_BYTES = 64 << 20, /* malloc/arena.c: HEAP_MAX_SIZE, and its alignment */
};

struct part {
    struct roots *roots;
    struct root root;
};

static void add_part(uintptr_t start, uintptr_t end, void *data)
{
    const struct part *part = data;
    struct root root = part->root;
    root.start = start > root.start ? start : root.start;
    root.end = end < root.end ? end : root.end;
    roots_add(part->roots, root);
}

/* Memory of which little may be in use. */
static void add_written(struct roots *roots, struct root root)
{
    struct part part = {roots, root};
    if (root.end - root.start < WRITTEN_LEAST || !roots->written)
        roots_add(roots, root);
    else
        written_each(roots->written, root.start, root.end, WRITTEN_LEAST, add_part, &part);
}

/* Variables of libc and of the C++ libraries hold what the program gave them. Where libc's lists of
 * handlers are not known, old words in them look like all others. */
static enum root_kind kind_of_data(const struct module *module)
{
    bool has_lists = module->libc && !libc_lists_are_known();
    if (module->cxx_library || (module->libc && !has_lists))
        return ROOT_LIBC;
    return module->runtime ? ROOT_RUNTIME : ROOT_DATA;
}

/* Without the holes. The C library's data has words that are no pointers to blocks but to what lies
 * before them (malloc's bins): there, as with the loader and the like, only a block's very address
 * counts. */
static void add_variables(struct roots *roots, struct module *module, uintptr_t start,
                          uintptr_t end, const struct interval *holes, unsigned hole_count)
{
    if (hole_count > 0) {
        const struct interval *hole = &holes[--hole_count];
        if (hole->start < end && start < hole->end) {
            add_variables(roots, module, start, hole->start, holes, hole_count);
            start = hole->end;
        }
        add_variables(roots, module, start, end, holes, hole_count);
    } else if (start < end)
        add_written(roots, (struct root){.kind = kind_of_data(module),
                                         .exact = module->runtime && !module->cxx_library,
                                         .start = start,
                                         .end = end,
                                         .module = module});
}

enum { KEYS_HOLE, CONSTANT_HOLE, LIST_HOLES, HOLES = LIST_HOLES + LIBC_LISTS };

/* Without libc's table of keys: its contents are reported as keys. Without libc's lists of
 * handlers, which are roots of another kind. And without data that is still as the loader wrote it.
 */
static int add_data(struct module *module, void *data)
{
    struct interval holes[HOLES] = {0};
    struct interval *constant = &holes[CONSTANT_HOLE];
    keys_libc_range(&holes[KEYS_HOLE].start, &holes[KEYS_HOLE].end);
    for (unsigned i = 0; i < LIBC_LISTS; i++)
        libc_list_range(i, &holes[LIST_HOLES + i].start, &holes[LIST_HOLES + i].end);
    if (!relro_is_constant(module, &constant->start, &constant->end))
        *constant = (struct interval){0, 0};
    for (unsigned i = 0; i < module->phnum && !module->is_shim; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        uintptr_t start = module->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && p->p_flags & PF_W)
            add_variables(data, module, start, start + p->p_memsz, holes, HOLES);
    }
    return 0;
}

static void add_list_block(uintptr_t start, uintptr_t end, uintptr_t slot, void *roots)
{
    roots_add(
        roots,
        (struct root){
            .kind = ROOT_RUNTIME, .is_block = true, .start = start, .end = end, .word = slot});
}

/* libc's lists of handlers. */
static void add_lists(struct roots *roots)
{
    struct root root = {.kind = ROOT_RUNTIME, .exact = true};
    for (unsigned i = 0; i < LIBC_LISTS; i++) {
        libc_list_range(i, &root.start, &root.end);
        if (root.start)
            roots_add(roots, root);
    }
    libc_lists_each_block(add_list_block, roots);
}

void roots_of_variables(struct roots *roots)
{
    *roots = (struct roots){0};
    modules_each_mapped(add_data, roots);
    add_lists(roots);
    thread_roots_of_variables(roots);
}

static int take_module(struct module *module, void *data)
{
    taken_add(data, module->start, module->end);
    return 0;
}

static void take_own(struct taken *taken)
{
    uintptr_t start, end;
    for (unsigned i = 0; i < SYS_MAPS_MAX; i++)
        if (sys_own_map(i, &start, &end))
            taken_add(taken, start, end);
}

static void add_unknown(struct roots *roots, uintptr_t start, uintptr_t end)
{
    if (start >= end)
        return;
    roots->mapped_bytes += end - start;
    add_written(roots, (struct root){.kind = ROOT_MAPPING, .start = start, .end = end});
}

/* The memory that malloc keeps around the block at `block`, in which only live blocks count. */
static struct interval around_block(uintptr_t block, const struct mapping *mapping)
{
    struct view view = {0};
    struct interval around = {mapping->start, mapping->end};
    size_t size;
    uint32_t flags;
    if (!blocks_size(&view, block, &size, &flags)) {
        /* Freed just now, or the allocator does not say: the whole mapping. */
    } else if (flags & HEAP_CHUNK_MAPPED) {
        around.start = (block - 1) & ~(uintptr_t)(PAGE - 1);
        around.end = (block + size + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    } else if (flags & HEAP_CHUNK_OTHER_ARENA) {
        around.start = block & ~(uintptr_t)(ARENA_BYTES - 1);
        around.end = around.start + ARENA_BYTES;
    }
    return around;
}

/* [start, end) of the mapping is in nothing that was taken. */
static void add_free_part(struct roots *roots, const struct heap_pages *pages,
                          const struct mapping *mapping, uintptr_t start, uintptr_t end)
{
    uintptr_t block;
    while (start < end && heap_pages_next(pages, start, end, &block)) {
        struct interval around = around_block(block, mapping);
        add_unknown(roots, start, around.start < end ? around.start : end);
        start = around.end > block ? around.end : block + PAGE;
    }
    add_unknown(roots, start, end);
}

static void add_mapping(struct roots *roots, const struct taken *taken,
                        const struct heap_pages *pages, const struct mapping *mapping)
{
    uintptr_t start = mapping->start;
    for (size_t i = 0; i < taken->count && start < mapping->end; i++) {
        const struct interval *interval = &taken->list[i];
        if (interval->end <= start || interval->start >= mapping->end)
            continue;
        if (interval->start > start)
            add_free_part(roots, pages, mapping, start, interval->start);
        start = interval->end;
    }
    if (start < mapping->end)
        add_free_part(roots, pages, mapping, start, mapping->end);
}

static bool add_entry(const struct epoll_entry *entry, void *roots)
{
    if (epoll_data_is_address(entry->file, entry->data))
        roots_add(
            roots,
            (struct root){.kind = ROOT_KERNEL, .word = entry->data, .key = (uint32_t)entry->file});
    return false;
}

/* Words that only the kernel has, and gives back with an event or a signal. */
static void add_kernel(struct roots *roots)
{
    enum { MOST = 256 << 10 }; /* bytes of text: some 3000 entries */
    static const enum registration_type types[] = {REGISTERED_TIMER, REGISTERED_QUEUE};
    epolls_each_entry(MOST, add_entry, roots);
    if (!lock_acquire(&registry_lock)) {
        roots->failed = true;
        return;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
        for (const struct registration *each = registrations[types[i]]; each; each = each->next)
            if (each->block)
                roots_add(
                    roots,
                    (struct root){.kind = ROOT_KERNEL, .word = each->data, .key = ROOT_OF_SIGNAL});
    lock_release(&registry_lock);
}

static void sort_by_kind(struct roots *roots)
{
    size_t size = roots->count * sizeof *roots->list, at = 0;
    struct root *sorted = arena_alloc_dirty(size);
    if (!sorted) {
        roots->failed = true;
        return;
    }
    for (unsigned kind = 0; kind < ROOT_KINDS; kind++)
        for (size_t i = 0; i < roots->count; i++)
            if (roots->list[i].kind == kind)
                sorted[at++] = roots->list[i];
    memcpy(roots->list, sorted, size);
    arena_free(sorted, size);
}

/* Stacks, and mappings that are nobody's. */
static void add_rest(struct roots *roots, struct taken *taken, const struct maps *maps,
                     const struct heap_pages *pages)
{
    modules_each_mapped(take_module, taken);
    take_own(taken);
    thread_roots_of_stacks(roots, taken, maps);
    for (size_t i = 0; i < maps->count; i++)
        if (maps->list[i].anonymous && maps->list[i].writable && !maps->list[i].heap)
            add_mapping(roots, taken, pages, &maps->list[i]);
}

void roots_collect(struct roots *roots, const struct maps *maps, const struct heap_pages *pages,
                   const struct ranges *ranges)
{
    struct taken taken = {.list = arena_alloc_dirty(TAKEN_MAX * sizeof *taken.list)};
    struct written written;
    *roots = (struct roots){.written = &written, .ranges = ranges};
    written_open(&written);
    modules_each_mapped(add_data, roots);
    add_lists(roots);
    thread_roots_collect(roots);
    add_kernel(roots);
    if (taken.list)
        add_rest(roots, &taken, maps, pages);
    roots->failed |= !taken.list;
    arena_free(taken.list, TAKEN_MAX * sizeof *taken.list);
    written_close(&written);
    roots->written = NULL;
    roots->ranges = NULL;
    sort_by_kind(roots);
}
