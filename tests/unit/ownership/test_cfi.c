// SPDX-License-Identifier: MIT
/* Steps up a stack of which little is known, against libunwind's of which all is. */
#include "base/arena.h"
#include "base/compiler.h"
#include "base/guard.h"
#include "ownership/cfi.h"
#include "ownership/cfi_expression.h"
#include "ownership/caller_stack.h"
#include "ownership/prologue.h"
#include "ownership/unwind.h"
#include "scan/frames.h"
#include "support.h"

#include <string.h>
#include <sys/mman.h>

static bool in_shim(uintptr_t pc)
{
    const struct module *module = modules_find(pc - 1);
    return module && module->is_shim;
}

static void compare(void *data)
{
    uintptr_t pcs[UNWIND_MAX];
    struct cfi_frame frame;
    static struct thread_frames frames;
    size_t wanted = unwind_stack(pcs, UNWIND_MAX), n = 0;
    cr_assert(caller_stack_frame(&frame));
    frames_walk(frame, &frames);
    for (unsigned i = 0; i < frames.count; i++)
        if (!in_shim(frames.list[i].pc) && n < wanted)
            cr_assert_eq(frames.list[i].pc, pcs[n++], "frame %u", i);
    cr_assert_eq(n, wanted);
    for (unsigned i = 0; i < frames.count; i++)
        if (frames.list[i].slot)
            cr_assert_eq(*(uintptr_t *)frames.list[i].slot, frames.list[i].pc);
    cr_assert(frames.complete);
    *(size_t *)data = n;
}

Test(cfi, finds_what_libunwind_finds)
{
    size_t n = 0;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(compare, &n);
    cr_assert_geq(n, 2);
    plugin.call_deeper(compare, &n);
    cr_assert_geq(n, 2);
}

#if defined(__x86_64__)

static struct cfi_frame in_plugin;

static void keep_frame(void *data)
{
    cr_assert(caller_stack_frame(&in_plugin));
    struct cfi_frame known = in_plugin, unknown = in_plugin, other = in_plugin;
    uintptr_t pointer = in_plugin.registers[CFI_FP];
    unknown.known &= ~((uint64_t)1 << CFI_FP);
    bool fixed = *(bool *)data;
    cr_assert_eq(cfi_step(&known), CFI_STEPPED);
    other = unknown;
    cr_assert_eq(cfi_step(&other), CFI_NO_REGISTER);
    cr_assert_eq(other.pc, unknown.pc, "it is as it was");
    cr_assert_eq(prologue_find_frame_pointer(&unknown), fixed);
    if (!fixed)
        return;
    cr_assert_eq(unknown.registers[CFI_FP], pointer);
    cr_assert_not(prologue_find_frame_pointer(&unknown), "it is known already");
    cr_assert_eq(cfi_step(&unknown), CFI_STEPPED);
    cr_assert_eq(unknown.pc, known.pc);
    cr_assert_eq(unknown.registers[CFI_SP], known.registers[CFI_SP]);
}

Test(cfi, a_frame_pointer_that_is_not_known)
{
    bool fixed = true;
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(keep_frame, &fixed);
    fixed = false; /* the size of that frame depends on what it was given */
    plugin.call_deeper(keep_frame, &fixed);
}

/* Another stack at the same place: the word there leads to no call of that function. */
static void shift_frame(void *data)
{
    uintptr_t stack[64] = {0};
    struct cfi_frame frame;
    cr_assert(caller_stack_frame(&frame));
    frame.known &= ~((uint64_t)1 << CFI_FP);
    cfi_set(&frame, CFI_SP, (uintptr_t)stack);
    cr_assert_not(prologue_find_frame_pointer(&frame));
    for (size_t i = 0; i < ARRAY_SIZE(stack); i++)
        stack[i] = (uintptr_t)strlen; /* code, but not behind a call */
    cr_assert_not(prologue_find_frame_pointer(&frame));
}

Test(cfi, no_frame_pointer_by_chance)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(shift_frame, NULL);
}

static void look_behind_calls(void *data)
{
    struct cfi_frame frame;
    cr_assert(caller_stack_frame(&frame));
    cr_assert(prologue_is_after_call(frame.pc));
    cr_assert_not(prologue_is_after_call(frame.pc + 1));
    cr_assert_not(prologue_is_after_call((uintptr_t)&frame), "no code");
    cr_assert_not(prologue_is_after_call(0));
}

Test(cfi, calls)
{
    support_start();
    struct plugin plugin = support_open("plugin");
    plugin.call(look_behind_calls, NULL);
}

static struct cfi_bytes bytes_of(const unsigned char *from, size_t size)
{
    return (struct cfi_bytes){from, from + size, false};
}

Test(cfi, numbers)
{
    static const unsigned char data[] = {0x7f, 0x80, 0x01, 0x7f, 0x80, 0x7f, 0xff, 0xfe, 0x80};
    struct cfi_bytes bytes = bytes_of(data, sizeof data);
    cr_assert_eq(cfi_uleb(&bytes), 127);
    cr_assert_eq(cfi_uleb(&bytes), 128);
    cr_assert_eq(cfi_sleb(&bytes), -1);
    cr_assert_eq(cfi_sleb(&bytes), -128);
    cr_assert_eq(cfi_signed(&bytes, 1), -1);
    cr_assert_eq(cfi_fixed(&bytes, 1), 0xfe);
    cr_assert_not(bytes.failed);
    cr_assert_eq(cfi_uleb(&bytes), 0);
    cr_assert(bytes.failed, "it goes on behind the end");
    cr_assert_eq(cfi_fixed(&bytes, 8), 0);
}

static enum cfi_outcome evaluate(const unsigned char *code, size_t size,
                                 const struct cfi_frame *frame, uintptr_t *value)
{
    return cfi_evaluate(frame, NULL, bytes_of(code, size), NULL, value);
}

Test(cfi, expressions)
{
    uintptr_t word = 4711, value;
    struct cfi_frame frame = {0};
    cfi_set(&frame, CFI_SP, (uintptr_t)&word);
    /* Linkers write this expression for entries of the procedure linkage table. */
    const unsigned char linkage[] = {0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
    cr_assert_eq(evaluate(linkage, sizeof linkage, &frame, &value), CFI_NO_REGISTER);
    cfi_set(&frame, CFI_PC, 0x1004);
    cr_assert_eq(evaluate(linkage, sizeof linkage, &frame, &value), CFI_STEPPED);
    cr_assert_eq(value, (uintptr_t)&word + 8);
    cfi_set(&frame, CFI_PC, 0x100b);
    cr_assert_eq(evaluate(linkage, sizeof linkage, &frame, &value), CFI_STEPPED);
    cr_assert_eq(value, (uintptr_t)&word + 16);
    const unsigned char reads[] = {0x77, 0, 0x06};
    cr_assert_eq(evaluate(reads, sizeof reads, &frame, &value), CFI_STEPPED);
    cr_assert_eq(value, word);
    const unsigned char reads_nothing[] = {0x31, 0x06};
    cr_assert_eq(evaluate(reads_nothing, sizeof reads_nothing, &frame, &value), CFI_NO_MEMORY);
    cr_assert_neq(evaluate((const unsigned char[]){0x22}, 1, &frame, &value), CFI_STEPPED);
    cr_assert_neq(evaluate((const unsigned char[]){0xff}, 1, &frame, &value), CFI_STEPPED);
    unsigned char many[64];
    memset(many, 0x31, sizeof many);
    cr_assert_neq(evaluate(many, sizeof many, &frame, &value), CFI_STEPPED);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The plug-in's tables: from its index to the end of the segment. */
static unsigned char *writable_tables(const struct module *module, size_t *size)
{
    for (unsigned i = 0; i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        if (p->p_type != PT_GNU_EH_FRAME)
            continue;
        uintptr_t start = module->bias + p->p_vaddr, page = start & ~(uintptr_t)4095;
        *size = (start & 4095) + p->p_memsz + 1024 <= 4096 ? p->p_memsz + 512 : p->p_memsz;
        cr_assert_eq(mprotect((void *)page, 4096, PROT_READ | PROT_WRITE), 0);
        return (unsigned char *)start;
    }
    return NULL;
}

Test(cfi, damaged_tables)
{
    uint64_t random = 88172645463325252;
    size_t size = 0;
    support_start();
    struct plugin plugin = support_open("plugin");
    unsigned char *tables = writable_tables(plugin.module, &size), *copy = arena_alloc(size);
    memcpy(copy, tables, size);
    uintptr_t stack[256];
    for (size_t i = 0; i < ARRAY_SIZE(stack); i++)
        stack[i] = (uintptr_t)&stack[i % 64];
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned i = 0; i < 4; i++)
            tables[next_random(&random) % size] = (unsigned char)next_random(&random);
        struct cfi_frame frame = frame_of_sample((uintptr_t)stack, (uintptr_t)plugin.call + 8);
        cfi_step(&frame);
        prologue_find_frame_pointer(&frame);
        if (round % 8 == 7)
            memcpy(tables, copy, size);
    }
    memcpy(tables, copy, size);
    struct cfi_frame frame = frame_of_sample((uintptr_t)stack, (uintptr_t)plugin.call);
    cr_assert_eq(cfi_step(&frame), CFI_STEPPED, "they are as they were");
    cr_assert_eq(frame.pc, (uintptr_t)&stack[0]);
}

#endif

Test(cfi, code_that_nobody_knows)
{
    struct cfi_frame frame = frame_of_sample((uintptr_t)&frame, 0x1000);
    uintptr_t start, end;
    support_start();
    cr_assert_eq(cfi_step(&frame), CFI_NO_TABLE);
    cr_assert_not(cfi_function(&frame, &start, &end));
    frame.known = 0;
    cr_assert_eq(cfi_step(&frame), CFI_NO_REGISTER);
}
