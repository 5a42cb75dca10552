// SPDX-License-Identifier: MIT
#include "scan/roots.h"
#include "base/arena.h"
#include "base/guard.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "base/written.h"
#include "modules/relro.h"
#include "ownership/caller_stack.h"
#include "registry/libc_lists.h"
#include "scan/stacks.h"

#include <string.h>

enum {
    PAGE = 4096,
    LARGE = 64 << 10,
    ARENA_BYTES = 64 << 20, /* malloc/arena.c: HEAP_MAX_SIZE, and its alignment */
    TAKEN_MAX = 8192,
};

static void add(struct roots *roots, struct root root)
{
    if (roots->count == roots->capacity) {
        size_t capacity = roots->capacity ? 2 * roots->capacity : 256;
        struct root *list = arena_alloc_dirty(capacity * sizeof *list);
        if (!list) {
            roots->failed = true;
            return;
        }
        if (roots->list)
            memcpy(list, roots->list, roots->count * sizeof *list);
        arena_free(roots->list, roots->capacity * sizeof *list);
        roots->list = list;
        roots->capacity = capacity;
    }
    roots->list[roots->count++] = root;
}

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
    add(part->roots, root);
}

/* Memory of which little may be in use. */
static void add_written(struct roots *roots, struct root root)
{
    struct part part = {roots, root};
    if (root.end - root.start < LARGE || !roots->written)
        add(roots, root);
    else
        written_each(roots->written, root.start, root.end, LARGE, add_part, &part);
}

void roots_free(struct roots *roots)
{
    arena_free(roots->list, roots->capacity * sizeof *roots->list);
    *roots = (struct roots){0};
}

bool root_may_point(const struct root *root)
{
    return root->kind <= ROOT_TLS || root->kind == ROOT_LIBC;
}

/* --- data of modules
 * --------------------------------------------------------------------------------------- */

struct interval {
    uintptr_t start, end;
};

/* What libc and the C++ libraries were given is in their variables. Where libc's lists of handlers
 * are not known, their old words cannot be told from the rest. */
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

/* Without libc's table of keys: what that leads to is reported as keys. Without libc's lists of
 * handlers, which are roots of another kind. And without what is as the loader made it. */
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
    add(roots,
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
            add(roots, root);
    }
    libc_lists_each_block(add_list_block, roots);
}

/* --- thread-local storage
 * ------------------------------------------------------------------------------------ */

struct tls_search {
    struct roots *roots;
    const struct thread *thread;
    uintptr_t dtv;
    size_t number; /* of a module that has gone */
};

static size_t tls_size(const struct module *module)
{
    for (unsigned i = 0; i < module->phnum; i++)
        if (module->phdr[i].p_type == PT_TLS)
            return module->phdr[i].p_memsz;
    return 0;
}

static int add_tls(struct module *module, void *data)
{
    struct tls_search *search = data;
    size_t size = tls_size(module);
    if (!module->tls_module || !size || module->is_shim || module->loader)
        return 0;
    uintptr_t block = thread_tls_block(search->dtv, module);
    if (!block)
        return 0;
    add(search->roots, (struct root){.kind = module->runtime ? ROOT_RUNTIME : ROOT_TLS,
                                     .exact = module->runtime,
                                     .start = block,
                                     .end = block + size,
                                     .word = thread_tls_slot(search->dtv, module),
                                     .module = module,
                                     .thread = search->thread->serial,
                                     .tid = atomic_load(&search->thread->tid)});
    return 0;
}

/* Or may have it: of one in another namespace, or that nobody has asked the loader for, it is not
 * known. */
static int has_tls_number(struct module *module, void *data)
{
    const struct tls_search *search = data;
    return module->tls_module == search->number || (!module->tls_module && tls_size(module) > 0);
}

/* The number may be another module's by now. */
static void add_gone_tls(struct tls_search *search, const struct ranges *ranges)
{
    for (unsigned i = 0; ranges && i < ranges->count; i++) {
        const struct module *module = ranges->list[i].module;
        search->number = module->tls_module;
        uintptr_t block = thread_tls_block(search->dtv, module);
        if (block && module_is_unloaded(module) && !modules_each_mapped(has_tls_number, search))
            add(search->roots, (struct root){.kind = ROOT_GONE,
                                             .start = block,
                                             .end = block,
                                             .word = thread_tls_slot(search->dtv, module)});
    }
}

/* --- threads
 * -----------------------------------------------------------------------------------------------
 */

static void add_values_locked(struct roots *roots, struct thread *thread)
{
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        struct value *value = thread_value(thread, i);
        uint32_t generation = atomic_load(&keys[i].generation);
        uintptr_t word = value ? (uintptr_t)atomic_load(&value->pointer) : 0;
        if (word && key_is_live(generation) && atomic_load(&value->generation) == generation)
            add(roots, (struct root){.kind = ROOT_VALUE,
                                     .word = word,
                                     .thread = thread->serial,
                                     .tid = atomic_load(&thread->tid),
                                     .key = i});
    }
}

static void add_thread_tls_locked(struct roots *roots, struct thread *thread)
{
    struct tls_search search = {.roots = roots, .thread = thread};
    search.dtv = thread_dtv(thread);
    if (!search.dtv)
        return;
    modules_each_mapped(add_tls, &search);
    add_gone_tls(&search, roots->ranges);
}

static void add_thread_locked(struct roots *roots, struct thread *thread)
{
    add_thread_tls_locked(roots, thread);
    if (thread->seen_to_start)
        add(roots, (struct root){.kind = ROOT_ARGUMENT,
                                 .word = thread->argument,
                                 .thread = thread->serial,
                                 .tid = atomic_load(&thread->tid)});
    add_values_locked(roots, thread);
}

typedef void thread_visitor(struct roots *roots, struct thread *thread);

static void each_live_thread(struct roots *roots, thread_visitor *visit)
{
    if (!lock_acquire(&registry_lock)) {
        roots->failed = true;
        return;
    }
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (thread_is_live(thread))
            visit(roots, thread);
    lock_release(&registry_lock);
}

void roots_of_variables(struct roots *roots)
{
    *roots = (struct roots){0};
    modules_each_mapped(add_data, roots);
    add_lists(roots);
    each_live_thread(roots, add_thread_tls_locked);
}

/* --- what is not memory of the unknown
 * --------------------------------------------------------------------- */

struct taken {
    struct interval *list; /* ascending */
    size_t count;
};

static void take(struct taken *taken, uintptr_t start, uintptr_t end)
{
    if (taken->count == TAKEN_MAX || start >= end)
        return;
    size_t at = taken->count++;
    for (; at > 0 && taken->list[at - 1].start > start; at--)
        taken->list[at] = taken->list[at - 1];
    taken->list[at] = (struct interval){start, end};
}

static int take_module(struct module *module, void *data)
{
    take(data, module->start, module->end);
    return 0;
}

static void take_own(struct taken *taken)
{
    uintptr_t start, end;
    for (unsigned i = 0; i < SYS_MAPS_MAX; i++)
        if (sys_own_map(i, &start, &end))
            take(taken, start, end);
}

/* glibc keeps the stacks of threads that ended for those that come, with all that is on them. */
static void take_dead_stacks(struct taken *taken, const struct maps *maps)
{
    for (unsigned i = 0; i < DEAD_MAX; i++) {
        uintptr_t pointer = thread_dead_pointer(i);
        const struct mapping *mapping = pointer ? maps_find(maps, pointer) : NULL;
        if (mapping)
            take(taken, mapping->start, mapping->end);
    }
}

/* Thread-local variables lie at the end of a stack, or where the loader put those of the first
 * thread. */
static void take_tls(struct taken *taken, const struct roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->list[i].tid && roots->list[i].module)
            take(taken, roots->list[i].start, roots->list[i].end);
}

/* --- stacks
 * ------------------------------------------------------------------------------------------------
 */

/* nptl/descr.h: no more than this is a thread's own descriptor, in which glibc keeps its values for
 * keys, those of keys that were deleted included. */
enum { DESCRIPTOR_BYTES = 4096 };

static struct interval descriptor_of(const struct thread *thread)
{
    uintptr_t pointer = thread->thread_pointer;
#if defined(__x86_64__)
    return (struct interval){pointer, pointer + DESCRIPTOR_BYTES};
#else
    return (struct interval){pointer - DESCRIPTOR_BYTES, pointer};
#endif
}

static void add_descriptor(struct roots *roots, struct taken *taken, const struct maps *maps,
                           const struct thread *thread)
{
    struct interval descriptor = descriptor_of(thread);
    const struct mapping *mapping = maps_find(maps, thread->thread_pointer);
    if (!mapping)
        return;
    if (descriptor.end > mapping->end)
        descriptor.end = mapping->end;
    if (descriptor.start < mapping->start)
        descriptor.start = mapping->start;
    take(taken, descriptor.start, descriptor.end);
    add(roots, (struct root){.kind = ROOT_RUNTIME,
                             .exact = true,
                             .start = descriptor.start,
                             .end = descriptor.end,
                             .tid = atomic_load(&thread->tid)});
}

/* From `from` to the descriptor, which is at the upper end, or to the end of the mapping; the part
 * below is dead. */
static void add_stack(struct roots *roots, struct taken *taken, const struct maps *maps,
                      const struct thread *thread, uintptr_t from)
{
    const struct mapping *mapping = maps_find(maps, from);
    struct interval descriptor = descriptor_of(thread);
    if (!mapping)
        return;
    bool is_here = descriptor.start > from && descriptor.start < mapping->end;
    take(taken, mapping->start, mapping->end);
    add(roots, (struct root){.kind = ROOT_STACK,
                             .start = from,
                             .end = is_here ? descriptor.start : mapping->end,
                             .tid = atomic_load(&thread->tid)});
}

static void add_own_stack(struct roots *roots, struct taken *taken, const struct maps *maps)
{
    struct thread self = {.tid = sys_gettid(), .thread_pointer = sys_thread_pointer()};
    struct cfi_frame caller = {.known = 0};
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    if (caller_stack_frame(&caller))
        sp = caller.registers[CFI_SP];
    else
        own_stack_look_through_own(&sp);
    add_stack(roots, taken, maps, &self, sp);
    for (unsigned i = 0; i < CFI_SAVED; i++)
        if (cfi_knows(&caller, cfi_saved_registers[i]))
            add(roots, (struct root){.kind = ROOT_STACK,
                                     .word = caller.registers[cfi_saved_registers[i]],
                                     .tid = self.tid});
}

/* Where the stack of a thread that runs begins is not known: all of it counts. */
static void add_other_stack(struct roots *roots, struct taken *taken, const struct maps *maps,
                            const struct thread *thread)
{
    struct thread_stack stack;
    const struct mapping *mapping = maps_find(maps, thread->thread_pointer);
    if (stack_sample(atomic_load(&thread->tid), &stack)) {
        add_stack(roots, taken, maps, thread, stack.sp);
        return;
    }
    roots->stacks_unknown++;
    if (mapping)
        add_stack(roots, taken, maps, thread, mapping->start);
}

static void add_stacks(struct roots *roots, struct taken *taken, const struct maps *maps)
{
    unsigned seen = 0, there = stack_thread_count();
    add_own_stack(roots, taken, maps);
    if (!lock_acquire(&registry_lock)) {
        roots->failed = true;
        return;
    }
    for (struct thread *thread = threads; thread; thread = thread->next) {
        if (atomic_load(&thread->tid) <= 0 || thread_is_gone_now(thread))
            continue;
        seen++;
        add_descriptor(roots, taken, maps, thread);
        if (thread != guard.self)
            add_other_stack(roots, taken, maps, thread);
    }
    lock_release(&registry_lock);
    if (there > seen)
        roots->stacks_unknown += there - seen;
    if (there == 0)
        roots->stacks_unknown++; /* how many more there are is not known */
    roots->incomplete = there == 0 || there > seen;
}

/* --- the rest
 * ---------------------------------------------------------------------------------------------- */

static void add_unknown(struct roots *roots, uintptr_t start, uintptr_t end)
{
    if (start >= end)
        return;
    roots->mapped_bytes += end - start;
    add_written(roots, (struct root){.kind = ROOT_MAPPING, .start = start, .end = end});
}

/* What malloc keeps around the block at `block`, in which only live blocks count. */
static struct interval around_block(uintptr_t block, const struct mapping *mapping)
{
    struct view view = {0};
    struct interval around = {mapping->start, mapping->end};
    size_t size;
    uint32_t flags;
    if (!blocks_size(&view, block, &size, &flags)) {
        /* It was freed just now, or the allocator does not tell: all of it. */
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
    take_tls(taken, roots);
    take_dead_stacks(taken, maps);
    add_stacks(roots, taken, maps);
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
    each_live_thread(roots, add_thread_locked);
    if (taken.list)
        add_rest(roots, &taken, maps, pages);
    roots->failed |= !taken.list;
    arena_free(taken.list, TAKEN_MAX * sizeof *taken.list);
    written_close(&written);
    roots->written = NULL;
    roots->ranges = NULL;
    sort_by_kind(roots);
}
