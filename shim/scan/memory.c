// SPDX-License-Identifier: MIT
#include "scan/memory.h"
#include "base/arena.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "base/written.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, WORD = sizeof(uintptr_t) };

bool view_open(struct view *view, bool in_place)
{
    *view = (struct view){.in_place = in_place};
    if (!in_place)
        view->buffer = arena_alloc_dirty(VIEW_BYTES);
    return in_place || view->buffer;
}

void view_close(struct view *view)
{
    arena_free(view->buffer, VIEW_BYTES);
}

static size_t words_in_place(const struct view *view, uintptr_t start, size_t size)
{
    uintptr_t end = view->readable ? readable_end(view->readable, start) : start;
    size_t there = end > start ? end - start : 0;
    return (size < there ? size : there) / WORD;
}

size_t view_fetch_words(struct view *view, uintptr_t start, size_t size, const uintptr_t **words)
{
    size_t count = words_in_place(view, start, size);
    if (count) {
        view->bytes += count * WORD;
        *words = (const uintptr_t *)start;
        return count;
    }
    ssize_t n = sys_copy_memory((const void *)start, view->buffer, size);
    if (n < WORD)
        return 0;
    view->bytes += (size_t)n;
    *words = (const uintptr_t *)(const void *)view->buffer;
    return (size_t)n / WORD;
}

bool view_copy_word(uintptr_t at, uintptr_t *word)
{
    return sys_copy_memory((const void *)at, word, sizeof *word) == (ssize_t)sizeof *word;
}

bool view_fetch_word(const struct view *view, uintptr_t at, uintptr_t *word)
{
    if (!words_in_place(view, at, sizeof *word))
        return view_copy_word(at, word);
    *word = *(const uintptr_t *)at;
    return true;
}

uint64_t memory_private_bytes(void)
{
    char line[128];
    unsigned long pages[3] = {0};
    const char *at = line;
    if (sys_read_file("/proc/self/statm", line, sizeof line) <= 0)
        return 0;
    for (unsigned i = 0; i < 3 && at; i++, at = strchr(at, ' '), at += at != NULL)
        while (*at >= '0' && *at <= '9')
            pages[i] = pages[i] * 10 + (unsigned long)(*at++ - '0');
    return pages[1] > pages[2] ? (pages[1] - pages[2]) * PAGE : 0;
}

/* mmap(2): with MAP_FIXED_NOREPLACE it fails where there is anything. */
bool memory_is_free(uintptr_t start, uintptr_t end)
{
    enum { NOREPLACE = 0x100000 }; /* not in every <sys/mman.h> */
    start &= ~(uintptr_t)(PAGE - 1);
    size_t size = ((end - start) + PAGE - 1) & ~(size_t)(PAGE - 1);
    long got = sys_call(SYS_mmap, start, size, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | NOREPLACE, -1, 0L);
    if (got == -1)
        return errno != EEXIST;
    sys_call(SYS_munmap, got, size);
    return true;
}

/* msync(2) with MS_ASYNC only checks that everything is mapped. Not through libc, where it is a
 * cancellation point. */
bool memory_is_mapped(uintptr_t start, uintptr_t end)
{
    start &= ~(uintptr_t)(PAGE - 1);
    if (calls_are_filtered())
        return start < end && memory_readable_end(start, end) == end;
    return start < end && sys_call(SYS_msync, start, end - start, MS_ASYNC) == 0;
}

static void take_first(uintptr_t start, uintptr_t end, void *first)
{
    uintptr_t *found = first;
    if (!*found)
        *found = start;
}

/* Of memory that the program supplies, only present pages can be read. */
static uintptr_t next_present(uintptr_t start, uintptr_t end)
{
    enum { AT_ONCE = 16 << 20 };
    struct written written;
    uintptr_t found = 0;
    written_open(&written);
    for (uintptr_t at = start; at < end && !found; at += AT_ONCE)
        written_each(&written, at, end - at < AT_ONCE ? end : at + AT_ONCE, 1, take_first, &found);
    written_close(&written);
    return found ? found : end;
}

uintptr_t memory_gap_end(uintptr_t start, uintptr_t end)
{
    uintptr_t next = (start & ~(uintptr_t)(PAGE - 1)) + PAGE;
    if (next < end && userfaults_are_possible())
        next = next_present(next, end);
    return next < end ? next : end;
}

uintptr_t memory_readable_end(uintptr_t start, uintptr_t end)
{
    enum { PAGES_MAX = 1 << 16 };
    uintptr_t at = start, word;
    for (unsigned i = 0; at < end; i++, at = (at & ~(uintptr_t)(PAGE - 1)) + PAGE)
        if (i == PAGES_MAX || !view_copy_word(at & ~(uintptr_t)(WORD - 1), &word))
            return at;
    return end;
}
