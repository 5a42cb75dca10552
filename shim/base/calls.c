// SPDX-License-Identifier: MIT
#include "base/calls.h"
#include "base/compiler.h"
#include "base/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum state { UNKNOWN, UNFILTERED, FILTERED, OVER };

static _Atomic int state = UNKNOWN;
static void (*_Atomic on_found)(void);

long calls_pass(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
#if defined(__x86_64__)
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long which __asm__("x8") = number;
    register long first __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    register long fifth __asm__("x4") = e;
    register long sixth __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(first)
                     : "r"(which), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
    result = first;
#else
#error "unknown architecture"
#endif
    return result;
}

static bool has_filter(void)
{
    return calls_pass(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) > 0;
}

/* A filter that is older than us may kill the process for prctl(2), but for no call that the loader
 * made. */
static bool had_filter(void)
{
    static const char name[] = "\nSeccomp:\t";
    char text[4096];
    long fd =
        calls_pass(SYS_openat, AT_FDCWD, (long)"/proc/self/status", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    long length = fd < 0 ? -1 : calls_pass(SYS_read, fd, (long)text, sizeof text - 1, 0, 0, 0);
    if (fd >= 0)
        calls_pass(SYS_close, fd, 0, 0, 0, 0, 0);
    text[length > 0 ? length : 0] = '\0';
    const char *line = strstr(text, name);
    return line ? line[sizeof name - 1] > '0' : has_filter();
}

static COLD int learn(void)
{
    int unknown = UNKNOWN;
    atomic_compare_exchange_strong(&state, &unknown, had_filter() ? FILTERED : UNFILTERED);
    return atomic_load(&state);
}

void calls_meet_filter(void)
{
    void (*found)(void) = atomic_load(&on_found);
    calls_end();
    if (found)
        found();
}

/* The state for the next call; asks the kernel where it is unknown. */
static inline int ask(void)
{
    int now = atomic_load_explicit(&state, memory_order_relaxed);
    if (unlikely(now == UNKNOWN))
        now = learn();
    if (now != UNFILTERED || (guard.depth && guard.unfiltered))
        return now;
    if (!has_filter()) {
        guard.unfiltered = true;
        return now;
    }
    calls_meet_filter();
    return OVER;
}

long calls_make(long number, long a, long b, long c, long d, long e, long f)
{
    long result = ask() == OVER ? -ENOSYS : calls_pass(number, a, b, c, d, e, f);
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}

bool calls_are_filtered(void)
{
    return ask() != UNFILTERED;
}

bool calls_are_over(void)
{
    return atomic_load(&state) == OVER;
}

void calls_end(void)
{
    atomic_store(&state, OVER);
}

void calls_watch(void (*found)(void))
{
    atomic_store(&on_found, found);
}
