// SPDX-License-Identifier: MIT
#include "scan/readable.h"
#include "base/sys.h"
#include "base/userfaults.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE_SHIFT = 16, PIECE = 1 << PIECE_SHIFT, PLACES = 1 << 15, PAGE = 4096 };

struct interval {
    uintptr_t start, end;
};

/* A cache of readable pieces by address; a later piece may replace an earlier one. Only the used
 * part of the table takes memory. */
struct readable {
    const struct maps *maps;
    bool files;
    struct interval known[PLACES];
};

struct readable *readable_open(const struct maps *maps, bool files)
{
    bool may_wait = userfaults_are_possible();
    struct readable *readable = may_wait ? NULL : sys_map(sizeof *readable);
    if (readable) {
        readable->maps = maps;
        readable->files = files;
    }
    return readable;
}

void readable_close(struct readable *readable)
{
    if (readable)
        sys_unmap(readable, sizeof *readable);
}

/* madvise(2), Linux 5.14: it faults pages in as if they were read, and fails where that could not
 * be. */
static bool populate(uintptr_t start, uintptr_t end)
{
    enum { POPULATE_READ = 22 }; /* not in every <sys/mman.h> */
    return !calls_are_filtered() && sys_call(SYS_madvise, start, end - start, POPULATE_READ) == 0;
}

/* A piece of a mapping; where it cannot be read as a whole, the page alone. */
static struct interval find_piece(const struct readable *readable, uintptr_t start)
{
    const struct mapping *mapping = maps_find(readable->maps, start);
    struct interval none = {start, start};
    if (!mapping || !mapping->readable || !(readable->files || mapping->anonymous || mapping->heap))
        return none;
    struct interval piece = {start & ~(uintptr_t)(PIECE - 1), 0};
    struct interval page = {start & ~(uintptr_t)(PAGE - 1), (start | (PAGE - 1)) + 1};
    piece.end = piece.start + PIECE < mapping->end ? piece.start + PIECE : mapping->end;
    piece.start = piece.start > mapping->start ? piece.start : mapping->start;
    if (populate(piece.start, piece.end))
        return piece;
    return populate(page.start, page.end) ? page : none;
}

uintptr_t readable_end(struct readable *readable, uintptr_t start)
{
    struct interval *known = &readable->known[start >> PIECE_SHIFT & (PLACES - 1)];
    if (start < known->start || start >= known->end)
        *known = find_piece(readable, start);
    return known->end;
}
