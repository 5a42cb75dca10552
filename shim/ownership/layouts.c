// SPDX-License-Identifier: MIT
#include "ownership/layouts.h"
#include "modules/modules.h"
#include "ownership/cfi.h"
#include "ownership/caller_words.h"

#include <stdatomic.h>

#if defined(__x86_64__)

/*
 * A frame layout in 32 bits, with the id of the load that it was learned of beside it: another
 * module may lie at the address by now. Sizes are in words; the return address is the one below the
 * CFA.
 */
enum {
    LAYOUT_OTHER = 1U << 0, /* not one of these */
    LAYOUT_OUTERMOST = 1U << 1,
    LAYOUT_FROM_POINTER = 1U << 2,
    LAYOUT_SAVES_POINTER = 1U << 3,
    LAYOUT_POINTER_SHIFT = 4, /* words from the saved frame pointer up to the CFA: 8 bits */
    LAYOUT_POINTER_MAX = 0xff,
    LAYOUT_CFA_SHIFT = 12, /* words from the register up to the CFA: the rest */
    LAYOUT_CFA_MAX = 0xfffff,
};

enum { WORD = sizeof(uintptr_t), CACHE_SHIFT = 12 };

/* `check` is the value and the mixed address, one xor the other: two halves that two threads wrote
 * give no valid address. */
static struct {
    _Atomic uint64_t value; /* the module's id, the layout */
    _Atomic uint64_t check;
} cache[1 << CACHE_SHIFT];

static uint64_t mixed(uintptr_t pc)
{
    return pc * 0x9e3779b97f4a7c15u;
}

static uint32_t learn(uintptr_t pc)
{
    struct cfi_layout layout;
    if (!cfi_layout(pc, &layout))
        return LAYOUT_OTHER;
    if (layout.outermost)
        return LAYOUT_OUTERMOST;
    uint64_t cfa = (uint64_t)layout.cfa / WORD, pointer = 0;
    if (layout.saves_frame_pointer)
        pointer = (uint64_t)-layout.frame_pointer / WORD;
    if (layout.return_address != -WORD || layout.cfa % WORD || layout.frame_pointer % WORD ||
        cfa > LAYOUT_CFA_MAX || pointer > LAYOUT_POINTER_MAX)
        return LAYOUT_OTHER;
    return (uint32_t)(cfa << LAYOUT_CFA_SHIFT | pointer << LAYOUT_POINTER_SHIFT) |
           (layout.from_frame_pointer ? LAYOUT_FROM_POINTER : 0) |
           (layout.saves_frame_pointer ? LAYOUT_SAVES_POINTER : 0);
}

static uint32_t layout_of(const struct module *module, uintptr_t pc)
{
    uint64_t mix = mixed(pc);
    size_t at = mix >> (64 - CACHE_SHIFT);
    uint64_t value = atomic_load_explicit(&cache[at].value, memory_order_relaxed);
    uint64_t check = atomic_load_explicit(&cache[at].check, memory_order_relaxed);
    if ((check ^ value) == mix && value >> 32 == module->id)
        return (uint32_t)value;
    uint32_t layout = learn(pc);
    value = (uint64_t)module->id << 32 | layout;
    atomic_store_explicit(&cache[at].value, value, memory_order_relaxed);
    atomic_store_explicit(&cache[at].check, value ^ mix, memory_order_relaxed);
    return layout;
}

struct place {
    uintptr_t pc, stack_pointer, frame_pointer;
};

/* Steps to the caller; false where the frame does not fit its layout. */
static bool follow(struct place *place, struct caller_words *stack, uint32_t layout, bool in_shim)
{
    uintptr_t from = layout & LAYOUT_FROM_POINTER ? place->frame_pointer : place->stack_pointer;
    uintptr_t cfa = from + (uintptr_t)(layout >> LAYOUT_CFA_SHIFT) * WORD;
    /* The next frame lies above, unless we called on a stack of our own. */
    if ((cfa <= place->stack_pointer && !in_shim) || cfa % WORD)
        return false;
    if (layout & LAYOUT_SAVES_POINTER &&
        !caller_words_read(stack,
                           cfa - (layout >> LAYOUT_POINTER_SHIFT & LAYOUT_POINTER_MAX) * WORD,
                           &place->frame_pointer))
        return false;
    place->stack_pointer = cfa;
    if (!caller_words_read(stack, cfa - WORD, &place->pc))
        return false;
    caller_words_follow(stack, cfa);
    return true;
}

__attribute__((noinline)) bool layouts_walk(uintptr_t *pcs, size_t max, size_t *count)
{
    struct place place;
    size_t n = 0;
    /* Where we are, as if it were a return address: that is after its call. */
    __asm__ volatile("1: lea 1b + 1(%%rip), %0\n\tmov %%rsp, %1\n\tmov %%rbp, %2"
                     : "=r"(place.pc), "=r"(place.stack_pointer), "=r"(place.frame_pointer));
    struct caller_words stack = caller_words_at(place.stack_pointer);
    const struct module *module = modules_find(place.pc - 1);
    while (n < max && module) {
        uint32_t layout = layout_of(module, place.pc);
        if (layout & LAYOUT_OUTERMOST)
            break;
        if (layout & LAYOUT_OTHER || !follow(&place, &stack, layout, module->is_shim))
            return false;
        if (place.pc == 0)
            break;
        module = modules_find_live(place.pc - 1); /* the walk ends in unknown code */
        if (!module || !module->is_shim)
            pcs[n++] = place.pc;
    }
    *count = n;
    return true;
}

uint32_t layouts_size(uintptr_t pc)
{
    const struct module *module = modules_find_live(pc - 1);
    uint32_t layout = module ? layout_of(module, pc) : LAYOUT_OTHER;
    if (layout & (LAYOUT_OTHER | LAYOUT_OUTERMOST | LAYOUT_FROM_POINTER))
        return 0;
    return (layout >> LAYOUT_CFA_SHIFT) * WORD;
}

#else

bool layouts_walk(uintptr_t *pcs, size_t max, size_t *count)
{
    return false;
}

uint32_t layouts_size(uintptr_t pc)
{
    return 0;
}

#endif
