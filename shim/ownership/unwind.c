// SPDX-License-Identifier: MIT
#include "ownership/unwind.h"
#include "base/compiler.h"
#include "modules/modules.h"
#include "ownership/layouts.h"
#include "ownership/unwind_calls.h"

#include <libunwind.h>
#include <stdbool.h>

struct walk {
    unw_context_t context;
    unw_cursor_t cursor;
    bool ended; /* libunwind gave up: the cursor may only be read */
    int outcome;
};

static uintptr_t reg(unw_cursor_t *cursor, int number)
{
    unw_word_t value = 0;
    return unw_get_reg(cursor, number, &value) == UNW_ESUCCESS ? (uintptr_t)value : 0;
}

static bool in_shim(uintptr_t pc)
{
    const struct module *module = modules_find(pc);
    return module && module->is_shim;
}

static void start_unprotected(void *data)
{
    struct walk *walk = data;
    walk->outcome = unw_init_local(&walk->cursor, &walk->context);
}

/* Of a walk whose context is set. */
static bool start(struct walk *walk)
{
    walk->ended = false;
    return unwind_protected(start_unprotected, walk) && walk->outcome == UNW_ESUCCESS;
}

static void step_unprotected(void *data)
{
    struct walk *walk = data;
    walk->outcome = unw_step(&walk->cursor);
}

/*
 * Steps to the caller's frame; false where there is none. libunwind says "end", or gives up, when
 * it enters code without tables (generated code): that frame still counts, as the last one.
 */
static bool step(struct walk *walk)
{
    unw_cursor_t *cursor = &walk->cursor;
    uintptr_t pc = reg(cursor, UNW_REG_IP), sp = reg(cursor, UNW_REG_SP);
    if (walk->ended)
        return false;
    walk->ended = !unwind_protected(step_unprotected, walk);
    if (!walk->ended && walk->outcome < 0)
        return false;
    uintptr_t now = reg(cursor, UNW_REG_IP);
    return now != 0 && (now != pc || reg(cursor, UNW_REG_SP) != sp);
}

__attribute__((noinline)) static size_t walk_by_libunwind(uintptr_t *pcs, size_t max)
{
    struct walk walk;
    size_t count = 0;

    if (unw_getcontext(&walk.context) != 0 || !start(&walk))
        return 0;
    for (size_t steps = 0; count < max && steps < max + UNWIND_MAX && step(&walk); steps++) {
        uintptr_t pc = reg(&walk.cursor, UNW_REG_IP);
        if (!in_shim(pc))
            pcs[count++] = pc;
    }
    return count;
}

size_t unwind_stack(uintptr_t *pcs, size_t max)
{
    size_t count;
    return layouts_walk(pcs, max, &count) ? count : walk_by_libunwind(pcs, max);
}
