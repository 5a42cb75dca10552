// SPDX-License-Identifier: MIT
#include "ownership/unwind.h"
#include "base/compiler.h"
#include "modules/modules.h"
#include "ownership/shapes.h"

#include <libunwind.h>
#include <stdbool.h>

/* --- what libunwind asks the loader, answered from our list
 * -------------------------------------------- */

typedef int phdr_callback(struct dl_phdr_info *info, size_t size, void *data);

int __wrap_dl_iterate_phdr(phdr_callback *callback, void *data);

struct phdr_visit {
    phdr_callback *callback;
    void *data;
};

static int visit_module(struct module *module, void *data)
{
    struct phdr_visit *visit = data;
    struct dl_phdr_info info = {
        .dlpi_addr = module->bias,
        .dlpi_name = module->path,
        .dlpi_phdr = module->phdr,
        .dlpi_phnum = (ElfW(Half))module->phnum,
    };
    return visit->callback(&info, sizeof info, visit->data);
}

/* Stacks go to and fro between few modules: those that were wanted last are offered first. An
 * address, not a module, is remembered: another may lie there by now. */
enum { RECENT = 4 };
static __thread uintptr_t recent[RECENT] __attribute__((tls_model("initial-exec")));

static int visit_recent(struct phdr_visit *visit)
{
    for (unsigned i = 0; i < RECENT; i++) {
        struct module *module = recent[i] ? modules_find(recent[i]) : NULL;
        int found = module ? visit_module(module, visit) : 0;
        if (found)
            return found;
    }
    return 0;
}

static int visit_and_remember(struct module *module, void *data)
{
    static __thread unsigned next __attribute__((tls_model("initial-exec")));
    int found = visit_module(module, data);
    if (found)
        recent[next++ % RECENT] = module->start;
    return found;
}

int __wrap_dl_iterate_phdr(phdr_callback *callback, void *data)
{
    struct phdr_visit visit = {callback, data};
    int found = visit_recent(&visit);
    return found ? found : modules_each_mapped(visit_and_remember, &visit);
}

/* --- stacks
 * ------------------------------------------------------------------------------------------ */

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

/*
 * To the caller's frame; false where there is none. libunwind says "end" already when it arrives in
 * code that it has no tables for (a module that came since the last sync, generated code): that
 * frame is still one, and the last.
 */
static bool step(unw_cursor_t *cursor)
{
    uintptr_t pc = reg(cursor, UNW_REG_IP), sp = reg(cursor, UNW_REG_SP);
    if (unw_step(cursor) < 0)
        return false;
    uintptr_t now = reg(cursor, UNW_REG_IP);
    return now != 0 && (now != pc || reg(cursor, UNW_REG_SP) != sp);
}

__attribute__((noinline)) static size_t walk_by_libunwind(uintptr_t *pcs, size_t max)
{
    unw_context_t context;
    unw_cursor_t cursor;
    size_t count = 0;

    if (unw_getcontext(&context) != 0 || unw_init_local(&cursor, &context) != 0)
        return 0;
    while (count < max && step(&cursor)) {
        uintptr_t pc = reg(&cursor, UNW_REG_IP);
        if (!in_shim(pc))
            pcs[count++] = pc;
    }
    return count;
}

size_t unwind_stack(uintptr_t *pcs, size_t max)
{
    size_t count;
    return shapes_walk(pcs, max, &count) ? count : walk_by_libunwind(pcs, max);
}

#if defined(__x86_64__)
static const int callee_saved[UNWIND_REGISTERS] = {UNW_X86_64_RBX, UNW_X86_64_RBP, UNW_X86_64_R12,
                                                   UNW_X86_64_R13, UNW_X86_64_R14, UNW_X86_64_R15};
#else
static const int callee_saved[UNWIND_REGISTERS] = {
    UNW_AARCH64_X19, UNW_AARCH64_X20, UNW_AARCH64_X21, UNW_AARCH64_X22,
    UNW_AARCH64_X23, UNW_AARCH64_X24, UNW_AARCH64_X25, UNW_AARCH64_X26,
    UNW_AARCH64_X27, UNW_AARCH64_X28, UNW_AARCH64_X29};
#endif

bool unwind_caller_context(struct caller_context *caller)
{
    unw_context_t context;
    unw_cursor_t cursor;

    if (unw_getcontext(&context) != 0 || unw_init_local(&cursor, &context) != 0)
        return false;
    for (unsigned i = 0; i < UNWIND_MAX && step(&cursor); i++) {
        if (in_shim(reg(&cursor, UNW_REG_IP)))
            continue;
        caller->pc = reg(&cursor, UNW_REG_IP);
        caller->sp = reg(&cursor, UNW_REG_SP);
        for (unsigned k = 0; k < UNWIND_REGISTERS; k++)
            caller->registers[k] = reg(&cursor, callee_saved[k]);
        return true;
    }
    return false;
}
