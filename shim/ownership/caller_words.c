// SPDX-License-Identifier: MIT
#include "ownership/caller_words.h"
#include "base/compiler.h"
#include "base/sys.h"

enum {
    WORD = sizeof(uintptr_t),
    PAGE = 4096,
    FIRST_STACK_MAX = 64 << 20, /* the kernel leaves 128 MB below the first stack for it to grow */
};

static uintptr_t page_end(uintptr_t address)
{
    return (address | (PAGE - 1)) + 1;
}

/* The first thread's stack is mapped from its stack pointer up to its end. Of other stacks only the
 * page is known to be mapped: a thread may run on a stack that the program made. */
struct caller_words caller_words_at(uintptr_t sp)
{
    uintptr_t end = sys_first_stack_end() & ~(uintptr_t)(WORD - 1);
    bool is_first = sp < end && end - sp < FIRST_STACK_MAX;
    return (struct caller_words){sp, is_first ? end : page_end(sp)};
}

/* Reads frames of any function, also memory that a sanitizer of the unit tests forbids. */
NO_ADDRESS_SANITIZER bool caller_words_read(struct caller_words *words, uintptr_t at,
                                            uintptr_t *word)
{
    if (at % WORD)
        return false;
    if (likely(at >= words->low && at < words->high)) {
        *word = *(const uintptr_t *)at;
        return true;
    }
    if (sys_read_memory((const void *)at, word, sizeof *word) != (ssize_t)sizeof *word)
        return false;
    if (at >= words->high && at - words->high < PAGE)
        words->high = page_end(at);
    return true;
}

void caller_words_follow(struct caller_words *words, uintptr_t sp)
{
    if (sp < words->low || sp > words->high)
        *words = caller_words_at(sp - WORD);
}
