// SPDX-License-Identifier: MIT
#include "scan/readable.h"
#include "base/sys.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE_SHIFT = 16, PIECE = 1 << PIECE_SHIFT, PLACES = 1 << 15 };

struct interval {
    uintptr_t start, end;
};

/* What is known, by the address that was asked for: what was asked for later may have taken its
 * place. Of the table only what is used takes memory. */
struct readable {
    const struct maps *maps;
    struct interval known[PLACES];
    char scratch[PIECE];
};

struct readable *readable_open(const struct maps *maps)
{
    struct readable *readable = sys_map(sizeof *readable);
    if (readable)
        readable->maps = maps;
    return readable;
}

void readable_close(struct readable *readable)
{
    if (readable)
        sys_unmap(readable, sizeof *readable);
}

/* madvise(2): it faults pages in as if they were read, and fails where that could not be. */
static bool populate(uintptr_t start, uintptr_t end)
{
    enum { POPULATE_READ = 22, PAGE = 4096 }; /* Linux 5.14; not in every <sys/mman.h> */
    start &= ~(uintptr_t)(PAGE - 1);
    return !sys_is_filtered() && syscall(SYS_madvise, start, end - start, POPULATE_READ) == 0;
}

static struct interval ask(struct readable *readable, uintptr_t start, uintptr_t end)
{
    if (populate(start, end))
        return (struct interval){start, end};
    ssize_t length = sys_copy_memory((const void *)start, readable->scratch, end - start);
    return (struct interval){start, length > 0 ? start + (uintptr_t)length : start};
}

/* The whole mapping, or the part of it that lies in a piece, or from `start` on if its beginning
 * cannot be read. */
static struct interval look(struct readable *readable, uintptr_t start)
{
    const struct mapping *mapping = maps_find(readable->maps, start);
    if (!mapping || !mapping->readable)
        return (struct interval){start, start};
    if (mapping->anonymous || mapping->heap)
        return (struct interval){mapping->start, mapping->end};
    uintptr_t first = start & ~(uintptr_t)(PIECE - 1), end = first + PIECE;
    end = end < mapping->end ? end : mapping->end;
    struct interval piece = ask(readable, first > mapping->start ? first : mapping->start, end);
    return piece.end > start ? piece : ask(readable, start, end);
}

uintptr_t readable_end(struct readable *readable, uintptr_t start)
{
    struct interval *known = &readable->known[start >> PIECE_SHIFT & (PLACES - 1)];
    if (start < known->start || start >= known->end)
        *known = look(readable, start);
    return known->end;
}
