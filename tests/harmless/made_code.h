// SPDX-License-Identifier: MIT
/*
 * Code made at run time, as a compiler inside a program makes it: in no module, without unwind
 * tables, with nonsense in the frame pointer. It calls its second argument with its first.
 */
#pragma once

#include "observe.h"
#include <sys/mman.h>

typedef void *made_code(void *argument, void *function);

#ifdef __x86_64__
/* push rbp; push rbx; sub rsp, 8; mov rbp, -8; call rsi; add rsp, 8; pop rbx; pop rbp; ret */
static const unsigned char made_bytes[] = {0x55, 0x53, 0x48, 0x83, 0xec, 0x08, 0x48, 0xc7,
                                           0xc5, 0xf8, 0xff, 0xff, 0xff, 0xff, 0xd6, 0x48,
                                           0x83, 0xc4, 0x08, 0x5b, 0x5d, 0xc3};

static inline made_code *make_code(void)
{
    char *area = (char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *code = area + 4096 - sizeof made_bytes;
    memcpy(code, made_bytes, sizeof made_bytes);
    return (made_code *)(void *)code;
}
#else
static inline void *made_here(void *argument, void *function)
{
    return ((void *(*)(void *))function)(argument);
}

static inline made_code *make_code(void)
{
    return made_here;
}
#endif
