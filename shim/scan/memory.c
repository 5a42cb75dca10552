// SPDX-License-Identifier: MIT
#include "scan/memory.h"
#include "base/arena.h"
#include "base/sys.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, WORD = sizeof(uintptr_t) };

bool view_open(struct view *view, bool in_place)
{
    *view = (struct view){.in_place = in_place};
    if (!in_place)
        view->buffer = arena_alloc(VIEW_BYTES);
    return in_place || view->buffer;
}

void view_close(struct view *view)
{
    arena_free(view->buffer, VIEW_BYTES);
}

size_t view_words(struct view *view, uintptr_t at, size_t size, const uintptr_t **words)
{
    uintptr_t start = (at + WORD - 1) & ~(uintptr_t)(WORD - 1), end = at + size;
    if (end < start + WORD)
        return 0;
    size = (end - start) & ~(size_t)(WORD - 1);
    *words = (const uintptr_t *)start;
    if (!view->in_place) {
        ssize_t n = sys_copy_memory((const void *)start, view->buffer,
                                    size < VIEW_BYTES ? size : VIEW_BYTES);
        if (n < WORD)
            return 0;
        size = (size_t)n;
        *words = (const uintptr_t *)(const void *)view->buffer;
    } else if (size > PAGE) {
        size = size < VIEW_BYTES ? size : VIEW_BYTES;
        memory_touch(start, start + size);
    }
    view->bytes += size;
    return size / WORD;
}

bool view_word(struct view *view, uintptr_t at, uintptr_t *word)
{
    if (view->in_place) {
        *word = *(const uintptr_t *)at;
        return true;
    }
    return sys_read_memory((const void *)at, word, sizeof *word) == (ssize_t)sizeof *word;
}

/* msync(2) with MS_ASYNC does nothing but to look whether everything is mapped. Not through libc,
 * where it is a cancellation point. */
bool memory_is_mapped(uintptr_t start, uintptr_t end)
{
    start &= ~(uintptr_t)(PAGE - 1);
    return start < end && syscall(SYS_msync, start, end - start, MS_ASYNC) == 0;
}
