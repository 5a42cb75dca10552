// SPDX-License-Identifier: MIT
#include "ownership/caller.h"
#include "base/sys.h"

#include <string.h>

static bool read_bytes(uintptr_t from, void *to, size_t size)
{
    return sys_read_memory((const void *)from, to, size) == (ssize_t)size;
}

#if defined(__x86_64__)

enum { CALL_SIZE = 6, STUB_SIZE = 16 };

static int32_t displacement(const unsigned char *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static bool slot_holds(uintptr_t slot, uintptr_t function)
{
    uintptr_t value;
    return read_bytes(slot, &value, sizeof value) && value == function;
}

/* A PLT stub: [endbr64] [bnd] jmp *slot(%rip). */
static bool stub_leads_to(uintptr_t stub, uintptr_t function)
{
    static const unsigned char endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    unsigned char code[STUB_SIZE];
    unsigned at = 0;
    if (!read_bytes(stub, code, sizeof code))
        return false;
    if (!memcmp(code, endbr64, sizeof endbr64))
        at += sizeof endbr64;
    if (code[at] == 0xf2)
        at++;
    return code[at] == 0xff && code[at + 1] == 0x25 &&
           slot_holds(stub + at + 6 + (uintptr_t)displacement(code + at + 2), function);
}

bool caller_names(uintptr_t return_address, uintptr_t function)
{
    unsigned char code[CALL_SIZE];
    if (!read_bytes(return_address - CALL_SIZE, code, sizeof code))
        return false;
    if (code[0] == 0xff && code[1] == 0x15) /* call *slot(%rip) */
        return slot_holds(return_address + (uintptr_t)displacement(code + 2), function);
    if (code[1] != 0xe8) /* call target */
        return false;
    uintptr_t target = return_address + (uintptr_t)displacement(code + 2);
    return target == function || stub_leads_to(target, function);
}

bool caller_is_linked(uintptr_t return_address)
{
    unsigned char code[CALL_SIZE];
    return read_bytes(return_address - CALL_SIZE, code, sizeof code) &&
           (code[1] == 0xe8 || (code[0] == 0xff && code[1] == 0x15));
}

#elif defined(__aarch64__)

/* A PLT stub: adrp x16, page; ldr x17, [x16, #offset]; … (with bti c before it, perhaps). */
static bool stub_leads_to(uintptr_t stub, uintptr_t function)
{
    uint32_t code[3];
    uintptr_t value;
    if (!read_bytes(stub, code, sizeof code))
        return false;
    unsigned at = code[0] == 0xd503245f;
    stub += at * sizeof *code;
    if ((code[at] & 0x9f00001f) != 0x90000010 || (code[at + 1] & 0xffc003ff) != 0xf9400211)
        return false;
    int64_t pages = (int64_t)((uint64_t)(code[at] >> 5 & 0x7ffff) << 45) >> 43;
    pages |= code[at] >> 29 & 3;
    uintptr_t slot = (stub & ~(uintptr_t)0xfff) + (uintptr_t)(pages * 4096) +
                     (code[at + 1] >> 10 & 0xfff) * sizeof value;
    return read_bytes(slot, &value, sizeof value) && value == function;
}

bool caller_names(uintptr_t return_address, uintptr_t function)
{
    uint32_t code;
    if (!read_bytes(return_address - sizeof code, &code, sizeof code) ||
        code >> 26 != 0x25) /* bl */
        return false;
    int64_t offset = (int64_t)((uint64_t)code << 38) >> 36;
    uintptr_t target = return_address - sizeof code + (uintptr_t)offset;
    return target == function || stub_leads_to(target, function);
}

bool caller_is_linked(uintptr_t return_address)
{
    uint32_t code;
    return read_bytes(return_address - sizeof code, &code, sizeof code) && code >> 26 == 0x25;
}

#endif
