// SPDX-License-Identifier: MIT
#include "scan/thread_roots.h"
#include "base/guard.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "ownership/caller_stack.h"
#include "registry/registrations.h"
#include "registry/signal_stacks.h"
#include "scan/stacks.h"

enum { PAGE = 4096 };

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

/* Thread-local variables lie at the end of a stack, or where the loader put those of the first
 * thread. */
static void take_tls(struct taken *taken, const struct roots *roots)
{
    for (size_t i = 0; i < roots->count; i++)
        if (roots->list[i].tid && roots->list[i].module)
            taken_add(taken, roots->list[i].start, roots->list[i].end);
}

/* A thread's own descriptor, in which glibc keeps its values for keys, those of keys that were
 * deleted included. */
static struct interval descriptor_of(const struct thread *thread)
{
    uintptr_t pointer = thread->thread_pointer;
#if defined(__x86_64__)
    return (struct interval){pointer, pointer + thread_descriptor_size()};
#else
    return (struct interval){pointer - thread_descriptor_size(), pointer};
#endif
}

/* The stack that has the address: one that the program gave to the thread, the one that libc made,
 * or another one, of which only the mapping is known. The kernel merges mappings that lie side by
 * side: libc's stack, which ends with the page in which the descriptor ends (where the descriptor
 * is the last thing there), has a guard at its lower end only. */
static bool find_stack(struct interval *stack, const struct maps *maps, const struct thread *thread,
                       uintptr_t address)
{
    const struct mapping *mapping = maps_find(maps, address);
    if (!mapping)
        return false;
    *stack = (struct interval){mapping->start, mapping->end};
    if (address >= thread->stack_start && address < thread->stack_end) {
        stack->start = thread->stack_start > stack->start ? thread->stack_start : stack->start;
        stack->end = thread->stack_end < stack->end ? thread->stack_end : stack->end;
        return true;
    }
#if defined(__x86_64__)
    struct interval descriptor = descriptor_of(thread);
    uintptr_t last_page = (descriptor.end - 1) & ~(uintptr_t)(PAGE - 1);
    if (descriptor.start >= address && last_page >= stack->start && last_page < stack->end)
        stack->end = last_page + PAGE;
#endif
    return true;
}

/* glibc keeps the stacks of ended threads, with all their contents, for new threads. */
static void take_dead_stacks(struct taken *taken, const struct maps *maps)
{
    for (unsigned i = 0; i < DEAD_MAX; i++) {
        struct thread dead;
        struct interval stack;
        if (thread_dead(i, &dead) && find_stack(&stack, maps, &dead, dead.thread_pointer))
            taken_add(taken, stack.start, stack.end);
    }
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
 * stack; the part below is dead. */
static void add_stack(struct roots *roots, struct taken *taken, const struct maps *maps,
                      const struct thread *thread, uintptr_t from)
{
    struct interval descriptor = descriptor_of(thread), stack;
    if (!find_stack(&stack, maps, thread, from))
        return;
    bool is_here = descriptor.start > from && descriptor.start < stack.end;
    taken_add(taken, stack.start, stack.end);
    roots_add(roots, (struct root){.kind = ROOT_STACK,
                                   .start = from,
                                   .end = is_here ? descriptor.start : stack.end,
                                   .tid = atomic_load(&thread->tid)});
}

static void add_own_stack(struct roots *roots, struct taken *taken, const struct maps *maps)
{
    struct thread self = {.tid = sys_gettid(), .thread_pointer = sys_thread_pointer()};
    if (guard.self) {
        self.stack_start = guard.self->stack_start;
        self.stack_end = guard.self->stack_end;
    }
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

/* A thread that waits in the kernel may have a pointer nowhere but in a register. Of these only the
 * arguments of its system call are known. */
static void add_arguments(struct roots *roots, const struct thread *thread,
                          const struct thread_stack *stack)
{
    for (unsigned i = 0; stack->call >= 0 && i < CALL_ARGUMENTS; i++)
        if (stack->arguments[i])
            roots_add(roots, (struct root){.kind = ROOT_STACK,
                                           .word = stack->arguments[i],
                                           .tid = atomic_load(&thread->tid)});
}

/* The used part of a running thread's stack is not known: the whole stack counts. */
static void add_other_stack(struct roots *roots, struct taken *taken, const struct maps *maps,
                            const struct thread *thread)
{
    struct thread_stack stack;
    struct interval own;
    if (stack_sample(atomic_load(&thread->tid), &stack)) {
        add_stack(roots, taken, maps, thread, stack.sp);
        add_arguments(roots, thread, &stack);
        return;
    }
    roots->stacks_unknown++;
    if (find_stack(&own, maps, thread, thread->thread_pointer))
        add_stack(roots, taken, maps, thread, own.start);
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
