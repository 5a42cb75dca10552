// SPDX-License-Identifier: MIT
#include "ownership/stack.h"
#include "base/dropped.h"
#include "ownership/caller_stack.h"
#include "ownership/unwind.h"

#include <string.h>

static size_t size_of(size_t count)
{
    return sizeof(struct stack) + count * sizeof(struct frame);
}

struct frame frame_at(uintptr_t pc)
{
    return (struct frame){pc, modules_find(pc)};
}

typedef struct module *finder(uintptr_t address);

/* A return address may be the first byte after its module's code (a call that does not return). */
static struct stack *make(const uintptr_t *pcs, size_t count, finder *find)
{
    struct stack *stack = count ? arena_alloc(size_of(count)) : NULL;
    if (!stack) {
        if (count)
            drop(DROP_STACK);
        return NULL;
    }
    stack->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        stack->frames[i] = (struct frame){pcs[i], module_ref(find(pcs[i] - 1))};
    return stack;
}

struct stack *stack_make(const uintptr_t *pcs, size_t count)
{
    return make(pcs, count, modules_find);
}

/* Of code on the calling thread's own stack. */
static struct stack *make_live(const uintptr_t *pcs, size_t count)
{
    return make(pcs, count, modules_find_live);
}

struct stack *stack_capture(size_t max)
{
    uintptr_t pcs[UNWIND_MAX];
    if (max > UNWIND_MAX)
        max = UNWIND_MAX;
    return make_live(pcs, unwind_stack(pcs, max));
}

struct stack *stack_capture_small(size_t max)
{
    uintptr_t *pcs = arena_alloc_dirty(max * sizeof *pcs);
    if (!pcs) {
        drop(DROP_STACK);
        return NULL;
    }
    struct stack *stack = make_live(pcs, caller_stack_walk(pcs, max));
    arena_free(pcs, max * sizeof *pcs);
    return stack;
}

struct stack *stack_copy(const struct stack *stack)
{
    struct stack *copy = stack ? arena_alloc(size_of(stack->count)) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, stack, size_of(stack->count));
    for (uint32_t i = 0; i < copy->count; i++)
        module_ref(copy->frames[i].module);
    return copy;
}

void stack_free(struct stack *stack)
{
    if (!stack)
        return;
    for (uint32_t i = 0; i < stack->count; i++)
        module_unref(stack->frames[i].module);
    arena_free(stack, size_of(stack->count));
}

const struct frame *stack_requester(const struct stack *stack, const struct module *except)
{
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->module && !frame->module->common && frame->module != except)
            return frame;
    }
    return NULL;
}

const struct frame *stack_owner(const struct stack *stack)
{
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->module && !frame->module->runtime)
            return frame;
    }
    return NULL;
}
