// SPDX-License-Identifier: MIT
/*
 * Reading the program's memory during a scan.
 *
 * In a copy of the process (scan/copy.h) nothing changes and everything is read in place. In the
 * process itself others may unmap what is about to be read: there it is read through the kernel,
 * which cannot fault, a piece at a time; and in place where nothing else runs in the process and
 * the kernel says that it can be read (scan/readable.h).
 */
#ifndef DLPIN_SCAN_MEMORY_H
#define DLPIN_SCAN_MEMORY_H

#include "scan/readable.h"

#include <stdbool.h>

enum { VIEW_BYTES = 65536 };

struct view {
    bool in_place;
    char *buffer;              /* VIEW_BYTES, where not in place */
    struct readable *readable; /* what of it can be read in place all the same; not the view's own,
                                  or NULL */
    uint64_t bytes;            /* that were read so far */
};

/* False: no memory. */
bool view_open(struct view *view, bool in_place);
void view_close(struct view *view);

/*
 * Reads a word of each page of [start, end), which can be read. In a copy of a process the first
 * use of a page is slow: the processor has to note it in a page table of its own. Many at once,
 * which depend on nothing, are noted in a third of the time.
 */
static inline void memory_touch(uintptr_t start, uintptr_t end)
{
    for (uintptr_t at = start & ~(uintptr_t)4095; at < end; at += 4096)
        (void)*(const volatile uintptr_t *)(at < start ? (start + 7) & ~(uintptr_t)7 : at);
}

/* The part of view_words for memory that is not read in place. */
size_t view_fetch_words(struct view *view, uintptr_t start, size_t size, const uintptr_t **words);

/*
 * The words of [at, at + size), `at` rounded up to a word: at most VIEW_BYTES of them, so callers
 * go on after what they got. Returns how many words; 0 where the first cannot be read. They stay
 * valid until the next call.
 */
static inline size_t view_words(struct view *view, uintptr_t at, size_t size,
                                const uintptr_t **words)
{
    enum { WORD = sizeof(uintptr_t), TOUCHED = 4096 };
    uintptr_t start = (at + WORD - 1) & ~(uintptr_t)(WORD - 1), end = at + size;
    if (end < start + WORD)
        return 0;
    size = (end - start) & ~(size_t)(WORD - 1);
    size = size < VIEW_BYTES ? size : VIEW_BYTES;
    if (!view->in_place)
        return view_fetch_words(view, start, size, words);
    if (size > TOUCHED)
        memory_touch(start, start + size);
    view->bytes += size;
    *words = (const uintptr_t *)start;
    return size / WORD;
}

/* Reads the current word; false where it cannot be read. */
bool view_copy_word(uintptr_t at, uintptr_t *word);

/* The part of view_word for memory that is not read in place. */
bool view_fetch_word(const struct view *view, uintptr_t at, uintptr_t *word);

static inline bool view_word(struct view *view, uintptr_t at, uintptr_t *word)
{
    if (!view->in_place)
        return view_fetch_word(view, at, word);
    *word = *(const uintptr_t *)at;
    return true;
}

/* Private memory that the process uses: a scan reads less, but not much less. 0: not known. */
uint64_t memory_private_bytes(void);

/* True if nothing at all is mapped there. Only in a copy: it maps it for a moment. Where the kernel
 * cannot tell (before 4.17): true. */
bool memory_is_free(uintptr_t start, uintptr_t end);

/* Every byte of [start, end) is mapped somehow. For a copy, in which a mapping of a moment ago may
 * be unmapped. */
bool memory_is_mapped(uintptr_t start, uintptr_t end);

/* The page at `start` cannot be read: where one begins that perhaps can be, or `end`. */
uintptr_t memory_gap_end(uintptr_t start, uintptr_t end);

/* How far [start, end) can be read, a page after the other, and not for ever. */
uintptr_t memory_readable_end(uintptr_t start, uintptr_t end);

#endif
