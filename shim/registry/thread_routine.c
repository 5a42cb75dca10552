// SPDX-License-Identifier: MIT
#include "registry/thread_routine.h"
#include "base/sys.h"
#include "registry/heap.h"

enum { ARGUMENT_WORDS = 16, VTABLE_WORDS = 3 };

static bool is_subject(const struct module *module)
{
    return module && !module->common;
}

static bool is_on_stack(const struct stack *stack, const struct module *module)
{
    for (uint32_t i = 0; stack && i < stack->count; i++)
        if (stack->frames[i].module == module)
            return true;
    return false;
}

/* The module that a word of the creator's memory leads into. While another thread closes modules
 * the list may be wrong, except for modules on the creator's own stack. */
static struct module *module_of_word(const struct thread *thread, uintptr_t word)
{
    struct module *module = modules_find(word);
    bool is_sure = !module || module_is_permanent(module) || atomic_load(&modules_closes) == 0 ||
                   is_on_stack(thread->stack, module);
    return is_sure ? module : NULL;
}

/* An object with virtual functions of a module: the last of the first three, which for
 * std::thread's _State is _M_run, after two destructors. */
static struct frame routine_by_vtable(const struct thread *thread, uintptr_t vtable)
{
    uintptr_t slots[VTABLE_WORDS];
    struct module *module = module_of_word(thread, vtable);
    if (!is_subject(module) || module_is_code(module, vtable) ||
        sys_read_memory((void *)vtable, slots, sizeof slots) != (ssize_t)sizeof slots)
        return (struct frame){0};
    for (unsigned i = VTABLE_WORDS; i-- > 0;)
        if (modules_find(slots[i]) == module && module_is_code(module, slots[i]))
            return (struct frame){slots[i], module};
    return (struct frame){0};
}

/* The first function of a module that the trampoline's argument leads to (GRealThread,
 * apr_thread_t, …). */
static struct frame routine_in_argument(const struct thread *thread)
{
    uintptr_t argument = thread->argument;
    uintptr_t words[ARGUMENT_WORDS];
    ssize_t n = -1;
    for (size_t size = sizeof words; n < 0 && size >= 4 * sizeof *words; size /= 2)
        n = sys_read_memory((void *)argument, words, size);
    if (n < (ssize_t)sizeof *words)
        return (struct frame){0};
    struct frame routine = routine_by_vtable(thread, words[0]);
    for (size_t i = 0; !routine.pc && i < (size_t)n / sizeof *words; i++) {
        struct module *module = module_of_word(thread, words[i]);
        if (is_subject(module) && module_is_code(module, words[i]))
            routine = (struct frame){words[i], module};
    }
    return routine;
}

static void find_routine(struct thread *thread)
{
    thread->routine =
        (struct frame){thread->start_routine, modules_find_live(thread->start_routine)};
    if (!thread->routine.module || is_subject(thread->routine.module))
        return;
    struct frame proper = routine_in_argument(thread);
    if (proper.pc) {
        thread->via = thread->routine;
        thread->routine = proper;
    }
}

static void find_argument(struct thread *thread)
{
    struct heap_block block;
    thread->argument_image = module_ref(module_of_word(thread, thread->argument));
    if (!thread->argument_image && heap_find(thread->argument, &block))
        thread->argument_site = block.site;
}

void thread_find_routine(struct thread *thread)
{
    find_routine(thread);
    find_argument(thread);
    const struct frame *requester = stack_requester(thread->stack, thread->routine.module);
    thread->requester = module_ref(requester ? requester->module : NULL);
    module_ref(thread->routine.module);
    module_ref(thread->via.module);
}
