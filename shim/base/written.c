// SPDX-License-Identifier: MIT
#include "base/written.h"
#include "base/compiler.h"
#include "base/sys.h"

#include <fcntl.h>
#include <linux/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/fs.h, which older kernels' headers do not have. */
struct scan_argument {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t inverted, all_of, any_of, returned;
};

struct scan_region {
    uint64_t start, end, categories;
};

enum {
    IS_FILE = 1 << 2,
    IS_PRESENT = 1 << 3,
    IS_SWAPPED = 1 << 4,
    IS_ZERO = 1 << 5,
    REGIONS = 32,
    ENTRIES = 256,
    PAGE_SHIFT = 12,
    PAGE = 1 << PAGE_SHIFT,
};

#define SCAN_PAGES _IOWR('f', 16, struct scan_argument)

/* proc(5), /proc/pid/pagemap. */
#define ENTRY_PRESENT ((uint64_t)1 << 63)
#define ENTRY_SWAPPED ((uint64_t)1 << 62)
#define ENTRY_FILE ((uint64_t)1 << 61)

/* The part that is not reported yet: more may follow it closely. */
struct pending {
    uintptr_t start, end, gap;
    written_visitor *visit;
    void *data;
};

static void pass_on(const struct pending *pending)
{
    if (pending->start < pending->end)
        pending->visit(pending->start, pending->end, pending->data);
}

static void add(struct pending *pending, uintptr_t start, uintptr_t end)
{
    if (pending->start < pending->end && start - pending->end < pending->gap) {
        pending->end = end;
        return;
    }
    pass_on(pending);
    pending->start = start;
    pending->end = end;
}

/* Returns how far it came. */
static uintptr_t by_ioctl(int fd, uintptr_t start, uintptr_t end, struct pending *pending)
{
    struct scan_region regions[REGIONS];
    while (start < end) {
        struct scan_argument argument = {.size = sizeof argument,
                                         .start = start,
                                         .end = end,
                                         .regions = (uintptr_t)regions,
                                         .region_count = REGIONS,
                                         .inverted = IS_FILE | IS_ZERO,
                                         .all_of = IS_FILE | IS_ZERO,
                                         .any_of = IS_PRESENT | IS_SWAPPED,
                                         .returned = IS_PRESENT};
        long n = sys_call(SYS_ioctl, fd, SCAN_PAGES, &argument);
        if (n < 0 || argument.walk_end <= start)
            return start;
        for (long i = 0; i < n; i++)
            add(pending, regions[i].start, regions[i].end);
        start = argument.walk_end;
    }
    return end;
}

static uintptr_t by_reading(int fd, uintptr_t start, uintptr_t end, struct pending *pending)
{
    uint64_t entries[ENTRIES];
    while (start < end) {
        uintptr_t pages = (end - start) >> PAGE_SHIFT;
        size_t size = (pages < ENTRIES ? pages : ENTRIES) * sizeof *entries;
        off_t offset = (off_t)((start >> PAGE_SHIFT) * sizeof *entries);
        long n = sys_call(SYS_pread64, fd, entries, size, offset);
        if (n < (long)sizeof *entries)
            return start;
        for (unsigned i = 0; i < (size_t)n / sizeof *entries; i++, start += PAGE)
            if (entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED) && !(entries[i] & ENTRY_FILE))
                add(pending, start, start + PAGE);
    }
    return end;
}

void written_open(struct written *written)
{
    written->fd =
        (int)sys_call(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);
}

void written_close(struct written *written)
{
    if (written->fd >= 0)
        sys_call(SYS_close, written->fd);
}

void written_each(const struct written *written, uintptr_t start, uintptr_t end, uintptr_t gap,
                  written_visitor *visit, void *data)
{
    static _Atomic bool no_ioctl;
    struct pending pending = {.gap = gap, .visit = visit, .data = data};
    start &= ~(uintptr_t)(PAGE - 1);
    end = (end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t from = start;
    if (written->fd >= 0 && !no_ioctl && !calls_are_filtered())
        from = by_ioctl(written->fd, from, end, &pending);
    if (from < end && written->fd >= 0) {
        no_ioctl = true;
        from = by_reading(written->fd, from, end, &pending);
    }
    if (from < end)
        add(&pending, from, end);
    pass_on(&pending);
}
