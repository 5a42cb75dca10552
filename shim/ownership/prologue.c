// SPDX-License-Identifier: MIT
#include "ownership/prologue.h"
#include "base/compiler.h"
#include "base/sys.h"
#include "modules/modules.h"

#include <string.h>

#if defined(__x86_64__)

enum { WORD = sizeof(uintptr_t), PIECE = 256, OVERLAP = 8, CODE_MAX = 64 << 10 };

static size_t read_up_to(uintptr_t at, void *to, size_t size)
{
    ssize_t n = sys_copy_memory((const void *)at, to, size);
    return n > 0 ? (size_t)n : 0;
}

enum { CALL_DIRECT = 0xe8, CALL_INDIRECT = 0xff, DIRECT_SIZE = 5, CALL_MAX = 7 };

/* ModR/M of "call *…": /2; the instruction's size without prefixes, or 0. */
static unsigned indirect_size(unsigned char modrm, unsigned char sib)
{
    unsigned mode = modrm >> 6, base = modrm & 7;
    if ((modrm >> 3 & 7) != 2)
        return 0;
    if (mode == 3)
        return 2;
    unsigned size = 2 + (base == 4);
    if (mode == 1)
        size += 1;
    else if (mode == 2 || base == 5 || (base == 4 && (sib & 7) == 5))
        size += 4;
    return size;
}

bool prologue_is_after_call(uintptr_t address)
{
    unsigned char code[CALL_MAX + 1] = {0};
    const struct module *module = modules_find(address - 1);
    if (!module || !module_is_code(module, address - 1) ||
        read_up_to(address - CALL_MAX, code, CALL_MAX) != CALL_MAX)
        return false;
    if (code[CALL_MAX - DIRECT_SIZE] == CALL_DIRECT)
        return true;
    for (unsigned size = 2; size <= CALL_MAX; size++) {
        const unsigned char *at = code + CALL_MAX - size;
        if (at[0] == CALL_INDIRECT && indirect_size(at[1], at[2]) == size)
            return true;
    }
    return false;
}

/* "[endbr64;] [bnd] jmp *displacement(%rip)": an entry of the procedure linkage table. */
static uintptr_t through_linkage(uintptr_t target)
{
    static const unsigned char endbr[] = {0xf3, 0x0f, 0x1e, 0xfa};
    unsigned char code[16];
    unsigned at = 0;
    int32_t displacement;
    uintptr_t word;
    if (read_up_to(target, code, sizeof code) != sizeof code)
        return 0;
    if (!memcmp(code, endbr, sizeof endbr))
        at = sizeof endbr;
    at += code[at] == 0xf2;
    if (code[at] != 0xff || code[at + 1] != 0x25)
        return 0;
    memcpy(&displacement, code + at + 2, sizeof displacement);
    uintptr_t slot = target + at + 6 + (uintptr_t)(intptr_t)displacement;
    return read_up_to(slot, &word, sizeof word) == sizeof word ? word : 0;
}

/* True if a direct call leads there, or to a stub that does; also for an indirect call, whose
 * target is not known. */
static bool call_may_lead_to(uintptr_t address, uintptr_t function)
{
    unsigned char code[DIRECT_SIZE];
    int32_t displacement;
    if (!prologue_is_after_call(address) ||
        read_up_to(address - DIRECT_SIZE, code, sizeof code) != sizeof code)
        return false;
    if (code[0] != CALL_DIRECT)
        return true;
    memcpy(&displacement, code + 1, sizeof displacement);
    uintptr_t target = address + (uintptr_t)(intptr_t)displacement;
    return target == function || through_linkage(target) == function;
}

static bool starts_with(const unsigned char *code, const unsigned char *wanted, size_t size,
                        size_t *at)
{
    if (memcmp(code + *at, wanted, size) != 0)
        return false;
    *at += size;
    return true;
}

/* How far the stack pointer is below the frame pointer after the prologue. */
static bool read_distance(uintptr_t function, uintptr_t *distance)
{
    static const unsigned char endbr[] = {0xf3, 0x0f, 0x1e, 0xfa}, push_rbp[] = {0x55},
                               mov_rbp[] = {0x48, 0x89, 0xe5}, sub_byte[] = {0x48, 0x83, 0xec},
                               sub_word[] = {0x48, 0x81, 0xec}, push_rbx[] = {0x53};
    unsigned char code[40];
    size_t at = 0;
    int32_t size = 0;
    if (read_up_to(function, code, sizeof code) != sizeof code)
        return false;
    starts_with(code, endbr, sizeof endbr, &at);
    if (!starts_with(code, push_rbp, sizeof push_rbp, &at) ||
        !starts_with(code, mov_rbp, sizeof mov_rbp, &at))
        return false;
    unsigned pushed = 0;
    for (; pushed < 5; pushed++) {
        if (code[at] == 0x41 && code[at + 1] >= 0x54 && code[at + 1] <= 0x57) /* r12 to r15 */
            at += 2;
        else if (!starts_with(code, push_rbx, sizeof push_rbx, &at))
            break;
    }
    if (starts_with(code, sub_byte, sizeof sub_byte, &at))
        size = code[at] < 0x80 ? code[at] : -1;
    else if (starts_with(code, sub_word, sizeof sub_word, &at))
        memcpy(&size, code + at, sizeof size);
    *distance = pushed * WORD + (uintptr_t)(intptr_t)size;
    return size >= 0;
}

/* "add $…,%rsp" that takes arguments off the stack: at a function's end a pop follows. */
static bool drops_arguments(const unsigned char *code)
{
    if (code[0] != 0x48 || (code[1] != 0x83 && code[1] != 0x81) || code[2] != 0xc4)
        return false;
    unsigned char next = code[code[1] == 0x83 ? 4 : 7];
    return next != 0x5d && next != 0x5b && next != 0x41;
}

/* "sub %reg,%rsp", "mov %reg,%rsp", "and $…,%rsp": the stack pointer moves in between. A false
 * match costs only a frame. */
static bool moves_stack_pointer(const unsigned char *code)
{
    bool wide = (code[0] & 0xf8) == 0x48;
    bool to_rsp = (code[2] & 0xc7) == 0xc4; /* register, and %rsp the one that is changed */
    return wide && !(code[0] & 1) &&
           ((to_rsp && (code[1] == 0x29 || code[1] == 0x89)) ||
            ((code[1] == 0x83 || code[1] == 0x81) && code[2] == 0xe4));
}

static bool has_fixed_frame(uintptr_t start, uintptr_t end)
{
    unsigned char code[PIECE + OVERLAP];
    if (end - start > CODE_MAX)
        return false;
    for (uintptr_t at = start; at < end; at += PIECE) {
        size_t wanted = end - at < sizeof code ? end - at : sizeof code;
        if (read_up_to(at, code, wanted) != wanted)
            return false;
        memset(code + wanted, 0, sizeof code - wanted);
        for (size_t i = 0; i + OVERLAP <= sizeof code; i++)
            if (moves_stack_pointer(code + i) || drops_arguments(code + i))
                return false;
    }
    return true;
}

bool prologue_find_frame_pointer(struct cfi_frame *frame)
{
    uintptr_t start, end, distance, address;
    if (cfi_knows(frame, CFI_FP) || !cfi_knows(frame, CFI_SP) ||
        !cfi_function(frame, &start, &end) || !read_distance(start, &distance))
        return false;
    uintptr_t pointer = frame->registers[CFI_SP] + distance;
    if (read_up_to(pointer + WORD, &address, sizeof address) != sizeof address ||
        !call_may_lead_to(address, start) || !has_fixed_frame(start, end))
        return false;
    cfi_set(frame, CFI_FP, pointer);
    return true;
}

#else

/* A64: "bl", "blr" and their kin with signatures. */
bool prologue_is_after_call(uintptr_t address)
{
    uint32_t code;
    const struct module *module = modules_find(address - 1);
    return module && address % sizeof code == 0 && module_is_code(module, address - 1) &&
           sys_copy_memory((const void *)(address - sizeof code), &code, sizeof code) ==
               (ssize_t)sizeof code &&
           ((code & 0xfc000000) == 0x94000000 || (code & 0xfefff800) == 0xd63f0800 ||
            (code & 0xfffffc1f) == 0xd63f0000);
}

bool prologue_find_frame_pointer(struct cfi_frame *frame)
{
    return false;
}

#endif
