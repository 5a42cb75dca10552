// SPDX-License-Identifier: MIT
#include "base/sys.h"
#include "base/compiler.h"
#include "base/userfaults.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static pid_t stood_in_for;
static char own_folder[sizeof "/proc/" + 3 * sizeof(pid_t)] = "/proc/self";

pid_t sys_getpid(void)
{
    return stood_in_for ? stood_in_for : (pid_t)sys_call(SYS_getpid);
}

void sys_stand_in_for(pid_t process)
{
    char *at = own_folder + sizeof own_folder - 1;
    stood_in_for = process;
    *at = '\0';
    for (pid_t rest = process; rest > 0; rest /= 10)
        *--at = (char)('0' + rest % 10);
    memmove(own_folder + strlen("/proc/"), at, strlen(at) + 1);
}

bool sys_stands_in(void)
{
    return stood_in_for != 0;
}

const char *sys_own_folder(void)
{
    return own_folder;
}

pid_t sys_gettid(void)
{
    return (pid_t)sys_call(SYS_gettid);
}

bool sys_thread_alive(pid_t tid)
{
    return sys_call(SYS_tgkill, sys_getpid(), tid, 0) == 0 || errno != ESRCH;
}

uint64_t sys_block_signals(uint64_t mask)
{
    uint64_t before = 0;
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &before, sizeof mask);
    return before;
}

uint64_t sys_blocked_signals(void)
{
    uint64_t now = 0;
    sys_call(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &now, sizeof now);
    return now;
}

extern void *__libc_stack_end __attribute__((weak)); /* elf/dl-sysdep.c */

uintptr_t sys_first_stack_end(void)
{
    return &__libc_stack_end ? (uintptr_t)__libc_stack_end : sys_first_stack_top();
}

uintptr_t sys_first_stack_top(void)
{
    return getauxval(AT_EXECFN);
}

/* A place in the list is free while `start` is 0. In a full list a mapping is not listed. */
static struct {
    _Atomic uintptr_t start, end;
} own_maps[SYS_MAPS_MAX];

static void list_map(uintptr_t start, size_t size)
{
    for (unsigned i = 0; i < SYS_MAPS_MAX; i++) {
        uintptr_t nothing = 0;
        if (!atomic_compare_exchange_strong(&own_maps[i].start, &nothing, start))
            continue;
        atomic_store(&own_maps[i].end, start + size);
        return;
    }
}

static void unlist_map(uintptr_t start)
{
    for (unsigned i = 0; i < SYS_MAPS_MAX; i++)
        if (atomic_load_explicit(&own_maps[i].start, memory_order_relaxed) == start)
            atomic_store(&own_maps[i].start, 0);
}

bool sys_own_map(unsigned index, uintptr_t *start, uintptr_t *end)
{
    *start = atomic_load(&own_maps[index].start);
    *end = atomic_load(&own_maps[index].end);
    return *start && *end > *start;
}

#define ROOM_DISTANCE ((uintptr_t)64 << 30) /* below our code */
#define ROOM ((uintptr_t)128 << 30)

enum { ROOM_STEP = 64 << 10, ROOM_TRIES = 4 };

/* An address that was not asked for before; NULL: the kernel chooses. */
static void *place_for(size_t size)
{
    static _Atomic uintptr_t used;
    uintptr_t code = (uintptr_t)place_for & ~(uintptr_t)(ROOM_STEP - 1);
    size_t rounded = (size + ROOM_STEP - 1) & ~(size_t)(ROOM_STEP - 1);
    uintptr_t offset = atomic_fetch_add(&used, rounded) % ROOM + rounded;
    return code > ROOM_DISTANCE + ROOM + offset ? (void *)(code - ROOM_DISTANCE - offset) : NULL;
}

/* The kernel keeps an existing mapping there, and then chooses another place. */
static void *map_away(size_t size, int flags)
{
    for (unsigned tries = 1;; tries++) {
        void *place = place_for(size);
        void *p = (void *)sys_call(SYS_mmap, place, size, PROT_READ | PROT_WRITE,
                                   MAP_ANONYMOUS | flags, -1, 0L);
        if (p == MAP_FAILED)
            return NULL;
        if (p == place || !place || tries == ROOM_TRIES)
            return p;
        sys_call(SYS_munmap, p, size);
    }
}

void *sys_map_shared(size_t size)
{
    return map_away(size, MAP_SHARED);
}

void *sys_map(size_t size)
{
    void *p = map_away(size, MAP_PRIVATE | MAP_NORESERVE);
    if (!p)
        return NULL;
    sys_call(SYS_madvise, p, size, MADV_NOHUGEPAGE);
    list_map((uintptr_t)p, size);
    return p;
}

void *sys_map_dense(size_t size)
{
    void *p = sys_map(size);
    if (p)
        sys_call(SYS_madvise, p, size, MADV_HUGEPAGE);
    return p;
}

void sys_unmap(void *p, size_t size)
{
    unlist_map((uintptr_t)p);
    sys_call(SYS_munmap, p, size);
}

/* Open for one thread, which will read much. */
static struct {
    _Atomic uintptr_t thread;
    int fd;
} held;

static int open_memory(void)
{
    if (atomic_load(&held.thread) == sys_thread_pointer())
        return held.fd;
    return (int)sys_call(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDONLY | O_CLOEXEC, 0);
}

static void close_memory(int fd)
{
    if (fd >= 0 && atomic_load(&held.thread) != sys_thread_pointer())
        sys_call(SYS_close, fd);
}

bool sys_hold_memory(void)
{
    uintptr_t nobody = 0;
    int fd = userfaults_are_possible() || calls_are_filtered() ? open_memory() : -1;
    if (fd < 0 || atomic_load(&held.thread))
        return false;
    held.fd = fd;
    return atomic_compare_exchange_strong(&held.thread, &nobody, sys_thread_pointer());
}

void sys_release_memory(void)
{
    atomic_store(&held.thread, 0);
    close_memory(held.fd);
}

/* Spans that lie one after the other are one. Returns how much came. */
static size_t copy_from_file(int fd, const struct sys_span *spans, unsigned count, char *to)
{
    size_t done = 0, size;
    for (unsigned i = 0; i < count;) {
        uintptr_t start = spans[i].start;
        for (size = 0; i < count && spans[i].start == start + size; i++)
            size += spans[i].size;
        ssize_t n = sys_call(SYS_pread64, fd, to + done, size, start);
        done += n > 0 ? (size_t)n : 0;
        if (n < (ssize_t)size)
            break;
    }
    return done;
}

/* FUTEX_WAIT reads the word first: EFAULT if that fails, EAGAIN if the word is not the expected
 * one. Else it waits, though not for long. */
static bool is_readable(uintptr_t address)
{
    enum { UNUSUAL = 0x5bd1e995 };
    static const struct timespec at_once = {0, 0};
    return sys_call(SYS_futex, address & ~(uintptr_t)3, FUTEX_WAIT_PRIVATE, UNUSUAL, &at_once, NULL,
                    0) == 0 ||
           (errno != EFAULT && errno != ENOSYS);
}

/* The unit tests' sanitizer does not know the memory of others that this reads: so there is no
 * memcpy, which it checks, and volatile keeps the compiler from making the loop a memcpy. */
NO_ADDRESS_SANITIZER static void copy_unchecked(const char *from, char *to, size_t size)
{
    size_t done = 0;
    if ((uintptr_t)from % sizeof(uint64_t) == 0)
        for (; size - done >= sizeof(uint64_t); done += sizeof(uint64_t)) {
            uint64_t word = *(const volatile uint64_t *)(const void *)(from + done);
            memcpy(to + done, &word, sizeof word);
        }
    for (; done < size; done++)
        to[done] = *(const volatile char *)(from + done);
}

static size_t copy_in_place(const char *from, char *to, size_t size)
{
    enum { PAGE = 4096 };
    size_t done = 0;
    while (done < size) {
        uintptr_t at = (uintptr_t)from + done;
        size_t n = PAGE - at % PAGE < size - done ? PAGE - at % PAGE : size - done;
        if (!is_readable(at))
            break;
        copy_unchecked((const char *)at, to + done, n);
        done += n;
    }
    return done;
}

/* Without process_vm_readv(2). */
static size_t copy_spans(const struct sys_span *spans, unsigned count, char *to)
{
    int fd = open_memory();
    size_t done = fd >= 0 ? copy_from_file(fd, spans, count, to) : 0;
    for (unsigned i = 0; i < count && fd < 0 && !userfaults_are_possible(); i++) {
        size_t n = copy_in_place((const char *)spans[i].start, to + done, spans[i].size);
        done += n;
        if (n < spans[i].size)
            break;
    }
    close_memory(fd);
    return done;
}

ssize_t sys_read_memory(const void *from, void *to, size_t size)
{
    size_t n = userfaults_are_possible()
                   ? copy_spans(&(struct sys_span){(uintptr_t)from, size}, 1, to)
                   : copy_in_place(from, to, size);
    return n ? (ssize_t)n : -1;
}

size_t sys_copy_spans(const struct sys_span *spans, unsigned count, char *to)
{
    struct iovec here = {to, 0};
    for (unsigned i = 0; i < count; i++)
        here.iov_len += spans[i].size;
    /* A struct iovec is what a span is, and no more may be given at once than this. */
    static_assert(sizeof(struct iovec) == sizeof *spans &&
                      offsetof(struct iovec, iov_len) == offsetof(struct sys_span, size),
                  "spans are handed to the kernel");
    if (userfaults_are_possible() || calls_are_filtered() || count > IOV_MAX)
        return copy_spans(spans, count, to);
    ssize_t n = sys_call(SYS_process_vm_readv, sys_call(SYS_getpid), &here, 1UL, spans, count, 0UL);
    if (n < 0 && errno != EFAULT)
        return copy_spans(spans, count, to);
    return n > 0 ? (size_t)n : 0;
}

ssize_t sys_copy_memory(const void *from, void *to, size_t size)
{
    size_t n = sys_copy_spans(&(struct sys_span){(uintptr_t)from, size}, 1, to);
    return n ? (ssize_t)n : -1;
}

ssize_t sys_read_file(const char *path, char *to, size_t size)
{
    int fd = (int)sys_call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    size_t length = 0;
    ssize_t n;
    while (length + 1 < size && (n = sys_call(SYS_read, fd, to + length, size - 1 - length)) > 0)
        length += (size_t)n;
    sys_call(SYS_close, fd);
    to[length] = '\0';
    return (ssize_t)length;
}
