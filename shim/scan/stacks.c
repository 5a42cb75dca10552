// SPDX-License-Identifier: MIT
#include "scan/stacks.h"
#include "base/sys.h"
#include "base/text.h"

#include <string.h>

enum { LOOKS = 4, PAUSE_US = 50 };

static uintptr_t read_number(const char *at, unsigned base)
{
    uintptr_t number = 0;
    for (at += base == 16 && !strncmp(at, "0x", 2) ? 2 : 0;; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a') + 10
                                                    : base;
        if (digit >= base)
            return number;
        number = number * base + digit;
    }
}

/* proc(5): "running", or numbers of which the last two are sp and pc. */
static bool parse(const char *line, struct thread_stack *stack)
{
    const char *last = strrchr(line, ' '), *before = last;
    if (!last)
        return false;
    while (before > line && before[-1] != ' ')
        before--;
    stack->sp = read_number(before, 16);
    stack->pc = read_number(last + 1, 16);
    return stack->sp != 0;
}

bool stack_sample(pid_t tid, struct thread_stack *stack)
{
    char line[256];
    bool found = false;
    struct text path = {0};
    text_printf(&path, "/proc/self/task/%d/syscall", tid);
    for (unsigned i = 0; i < LOOKS && !found; i++) {
        if (i)
            sys_pause_us(PAUSE_US);
        if (sys_read_file(text_string(&path), line, sizeof line) <= 0)
            break;
        found = parse(line, stack);
    }
    text_free(&path);
    return found;
}

unsigned stack_thread_count(void)
{
    char status[4096];
    const char *found = NULL;
    if (sys_read_file("/proc/self/status", status, sizeof status) > 0)
        found = strstr(status, "\nThreads:");
    if (!found)
        return 0;
    found += strlen("\nThreads:");
    return (unsigned)read_number(found + strspn(found, " \t"), 10);
}
