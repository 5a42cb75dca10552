// SPDX-License-Identifier: MIT
#include "scan/thread_roots.h"
#include "base/guard.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "ownership/caller_stack.h"
#include "registry/registrations.h"
#include "registry/signal_stacks.h"
#include "scan/stacks.h"

struct tls_search {
    struct roots *roots;
    const struct thread *thread;
    uintptr_t dtv;
    size_t number; /* of an unloaded module */
};

static size_t tls_size(const struct module *module)
{
    for (unsigned i = 0; i < module->phnum; i++)
        if (module->phdr[i].p_type == PT_TLS)
            return module->phdr[i].p_memsz;
    return 0;
}

/* The C++ libraries keep the exceptions there that a thread handles, as pointers into their blocks.
 */
static int add_tls(struct module *module, void *data)
{
    struct tls_search *search = data;
    size_t size = tls_size(module);
    if (!module->tls_module || !size || module->is_shim || module->loader)
        return 0;
    uintptr_t block = thread_tls_block(search->dtv, module);
    if (!block)
        return 0;
    bool is_private = module->runtime && !module->cxx_library;
    roots_add(search->roots, (struct root){.kind = is_private ? ROOT_RUNTIME : ROOT_TLS,
                                           .exact = is_private,
                                           .start = block,
                                           .end = block + size,
                                           .word = thread_tls_slot(search->dtv, module),
                                           .module = module,
                                           .thread = search->thread->serial,
                                           .tid = atomic_load(&search->thread->tid)});
    return 0;
}

/* True also if it may have the number: that of a module in another namespace, or one that nobody
 * has asked the loader for, is not known. */
static int has_tls_number(struct module *module, void *data)
{
    const struct tls_search *search = data;
    return module->tls_module == search->number || (!module->tls_module && tls_size(module) > 0);
}

/* The number may be another module's by now. */
static void add_tls_of_unloaded(struct tls_search *search, const struct ranges *ranges)
{
    for (unsigned i = 0; ranges && i < ranges->count; i++) {
        const struct module *module = ranges->list[i].module;
        search->number = module->tls_module;
        uintptr_t block = thread_tls_block(search->dtv, module);
        if (block && module_is_unloaded(module) && !modules_each_mapped(has_tls_number, search))
            roots_add(search->roots, (struct root){.kind = ROOT_UNLOADED,
                                                   .start = block,
                                                   .end = block,
                                                   .word = thread_tls_slot(search->dtv, module)});
    }
}

static void add_values_locked(struct roots *roots, struct thread *thread)
{
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        struct value *value = thread_value(thread, i);
        uint32_t generation = atomic_load(&keys[i].generation);
        uintptr_t word = value ? (uintptr_t)atomic_load(&value->pointer) : 0;
        if (word && key_is_live(generation) && atomic_load(&value->generation) == generation)
            roots_add(roots, (struct root){.kind = ROOT_VALUE,
                                           .word = word,
                                           .thread = thread->serial,
                                           .tid = atomic_load(&thread->tid),
                                           .key = i});
    }
}

static void add_tls_locked(struct roots *roots, struct thread *thread)
{
    struct tls_search search = {.roots = roots, .thread = thread};
    search.dtv = thread_dtv(thread);
    if (!search.dtv)
        return;
    modules_each_mapped(add_tls, &search);
    add_tls_of_unloaded(&search, roots->ranges);
}

/* The kernel has its address. Only the thread itself can ask for it. */
static void add_signal_stack_locked(struct roots *roots, struct thread *thread)
{
    const struct registration *set =
        registration_by_identity_locked(REGISTERED_SIGNAL_STACK, thread->serial);
    uintptr_t start = thread == guard.self ? signal_stack_own() : set ? set->block : 0;
    if (start)
        roots_add(roots, (struct root){.kind = ROOT_SIGNAL_STACK,
                                       .word = start,
                                       .tid = atomic_load(&thread->tid)});
}

static void add_thread_locked(struct roots *roots, struct thread *thread)
{
    add_tls_locked(roots, thread);
    if (thread->seen_to_start)
        roots_add(roots, (struct root){.kind = ROOT_ARGUMENT,
                                       .word = thread->argument,
                                       .thread = thread->serial,
                                       .tid = atomic_load(&thread->tid)});
    add_values_locked(roots, thread);
    add_signal_stack_locked(roots, thread);
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

void thread_roots_of_variables(struct roots *roots)
{
    each_live_thread(roots, add_tls_locked);
}

void thread_roots_collect(struct roots *roots)
{
    each_live_thread(roots, add_thread_locked);
}

/* glibc keeps the stacks of ended threads, with all their contents, for new threads. */
static void take_dead_stacks(struct taken *taken, const struct maps *maps)
{
    for (unsigned i = 0; i < DEAD_MAX; i++) {
        uintptr_t pointer = thread_dead_pointer(i);
        const struct mapping *mapping = pointer ? maps_find(maps, pointer) : NULL;
        if (mapping)
            taken_add(taken, mapping->start, mapping->end);
    }
}

/* Thread-local variables lie at the end of a stack, or where the loader put those of the first
 * thread. */
static void take_tls(struct taken *taken, const struct roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->list[i].tid && roots->list[i].module)
            taken_add(taken, roots->list[i].start, roots->list[i].end);
}

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
    taken_add(taken, descriptor.start, descriptor.end);
    roots_add(roots, (struct root){.kind = ROOT_RUNTIME,
                                   .exact = true,
                                   .start = descriptor.start,
                                   .end = descriptor.end,
                                   .tid = atomic_load(&thread->tid)});
}

/* Adds the stack from `from` to the descriptor, which is at the upper end, or to the end of the
 * mapping; the part below is dead. */
static void add_stack(struct roots *roots, struct taken *taken, const struct maps *maps,
                      const struct thread *thread, uintptr_t from)
{
    const struct mapping *mapping = maps_find(maps, from);
    struct interval descriptor = descriptor_of(thread);
    if (!mapping)
        return;
    bool is_here = descriptor.start > from && descriptor.start < mapping->end;
    taken_add(taken, mapping->start, mapping->end);
    roots_add(roots, (struct root){.kind = ROOT_STACK,
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
        own_stack_to_program_own(&sp);
    add_stack(roots, taken, maps, &self, sp);
    for (unsigned i = 0; i < CFI_SAVED; i++)
        if (cfi_knows(&caller, cfi_saved_registers[i]))
            roots_add(roots, (struct root){.kind = ROOT_STACK,
                                           .word = caller.registers[cfi_saved_registers[i]],
                                           .tid = self.tid});
}

/* The used part of a running thread's stack is not known: the whole stack counts. */
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
        if (atomic_load(&thread->tid) <= 0 || thread_has_ended_now(thread))
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

void thread_roots_of_stacks(struct roots *roots, struct taken *taken, const struct maps *maps)
{
    take_tls(taken, roots);
    take_dead_stacks(taken, maps);
    add_stacks(roots, taken, maps);
}
