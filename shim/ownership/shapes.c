// SPDX-License-Identifier: MIT
#include "ownership/shapes.h"
#include "modules/modules.h"
#include "ownership/cfi.h"
#include "ownership/caller_words.h"

#include <stdatomic.h>

#if defined(__x86_64__)

/*
 * A shape in 32 bits, with the id of the load that it was learned of beside it: another module may
 * lie at the address by now. Sizes are in words; the return address is the one below the CFA.
 */
enum {
    SHAPE_OTHER = 1U << 0, /* not one of these */
    SHAPE_OUTERMOST = 1U << 1,
    SHAPE_FROM_POINTER = 1U << 2,
    SHAPE_SAVES_POINTER = 1U << 3,
    SHAPE_POINTER_SHIFT = 4, /* words from the saved frame pointer up to the CFA: 8 bits */
    SHAPE_POINTER_MAX = 0xff,
    SHAPE_CFA_SHIFT = 12, /* words from the register up to the CFA: the rest */
    SHAPE_CFA_MAX = 0xfffff,
};

enum { WORD = sizeof(uintptr_t), CACHE_SHIFT = 12 };

/* `check` is the value and the mixed address, one xor the other: of two halves that do not belong
 * together, written by two threads, neither address can be made out. */
static struct {
    _Atomic uint64_t value; /* the module's id, the shape */
    _Atomic uint64_t check;
} cache[1 << CACHE_SHIFT];

static uint64_t mixed(uintptr_t pc)
{
    return pc * 0x9e3779b97f4a7c15u;
}

static uint32_t learn(uintptr_t pc)
{
    struct cfi_shape shape;
    if (!cfi_shape(pc, &shape))
        return SHAPE_OTHER;
    if (shape.outermost)
        return SHAPE_OUTERMOST;
    uint64_t cfa = (uint64_t)shape.cfa / WORD, pointer = 0;
    if (shape.saves_frame_pointer)
        pointer = (uint64_t)-shape.frame_pointer / WORD;
    if (shape.return_address != -WORD || shape.cfa % WORD || shape.frame_pointer % WORD ||
        cfa > SHAPE_CFA_MAX || pointer > SHAPE_POINTER_MAX)
        return SHAPE_OTHER;
    return (uint32_t)(cfa << SHAPE_CFA_SHIFT | pointer << SHAPE_POINTER_SHIFT) |
           (shape.from_frame_pointer ? SHAPE_FROM_POINTER : 0) |
           (shape.saves_frame_pointer ? SHAPE_SAVES_POINTER : 0);
}

static uint32_t shape_of(const struct module *module, uintptr_t pc)
{
    uint64_t mix = mixed(pc);
    size_t at = mix >> (64 - CACHE_SHIFT);
    uint64_t value = atomic_load_explicit(&cache[at].value, memory_order_relaxed);
    uint64_t check = atomic_load_explicit(&cache[at].check, memory_order_relaxed);
    if ((check ^ value) == mix && value >> 32 == module->id)
        return (uint32_t)value;
    uint32_t shape = learn(pc);
    value = (uint64_t)module->id << 32 | shape;
    atomic_store_explicit(&cache[at].value, value, memory_order_relaxed);
    atomic_store_explicit(&cache[at].check, value ^ mix, memory_order_relaxed);
    return shape;
}

struct place {
    uintptr_t pc, stack_pointer, frame_pointer;
};

/* To the caller; false where the frame cannot be what the shape says. */
static bool follow(struct place *place, struct caller_words *stack, uint32_t shape, bool in_shim)
{
    uintptr_t from = shape & SHAPE_FROM_POINTER ? place->frame_pointer : place->stack_pointer;
    uintptr_t cfa = from + (uintptr_t)(shape >> SHAPE_CFA_SHIFT) * WORD;
    /* Up, unless we have called on a stack of our own. */
    if ((cfa <= place->stack_pointer && !in_shim) || cfa % WORD)
        return false;
    if (shape & SHAPE_SAVES_POINTER &&
        !caller_words_read(stack, cfa - (shape >> SHAPE_POINTER_SHIFT & SHAPE_POINTER_MAX) * WORD,
                           &place->frame_pointer))
        return false;
    place->stack_pointer = cfa;
    if (!caller_words_read(stack, cfa - WORD, &place->pc))
        return false;
    caller_words_follow(stack, cfa);
    return true;
}

__attribute__((noinline)) bool shapes_walk(uintptr_t *pcs, size_t max, size_t *count)
{
    struct place place;
    size_t n = 0;
    /* Where we are, as if it were a return address: that is behind its call. */
    __asm__ volatile("1: lea 1b + 1(%%rip), %0\n\tmov %%rsp, %1\n\tmov %%rbp, %2"
                     : "=r"(place.pc), "=r"(place.stack_pointer), "=r"(place.frame_pointer));
    struct caller_words stack = caller_words_at(place.stack_pointer);
    const struct module *module = modules_find(place.pc - 1);
    while (n < max && module) {
        uint32_t shape = shape_of(module, place.pc);
        if (shape & SHAPE_OUTERMOST)
            break;
        if (shape & SHAPE_OTHER || !follow(&place, &stack, shape, module->is_shim))
            return false;
        if (place.pc == 0)
            break;
        module = modules_find_live(place.pc - 1); /* in code that is not known it ends */
        if (!module || !module->is_shim)
            pcs[n++] = place.pc;
    }
    *count = n;
    return true;
}

uint32_t shapes_size(uintptr_t pc)
{
    const struct module *module = modules_find_live(pc - 1);
    uint32_t shape = module ? shape_of(module, pc) : SHAPE_OTHER;
    if (shape & (SHAPE_OTHER | SHAPE_OUTERMOST | SHAPE_FROM_POINTER))
        return 0;
    return (shape >> SHAPE_CFA_SHIFT) * WORD;
}

#else

bool shapes_walk(uintptr_t *pcs, size_t max, size_t *count)
{
    return false;
}

uint32_t shapes_size(uintptr_t pc)
{
    return 0;
}

#endif
