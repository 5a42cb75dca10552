// SPDX-License-Identifier: MIT
#include "scan/reached.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/sys.h"
#include "base/written.h"
#include "registry/left_values.h"
#include "registry/mappings.h"
#include "scan/picture.h"
#include "scan/results.h"
#include "scan/stacks.h"
#include "scan/target.h"
#include "scan/walking.h"

#include <string.h>

enum {
    AREAS_MAX = 1024, /* of more it is not known if something leads to them */
    WORD = sizeof(uintptr_t),
    PAGE = 4096,
    MAP_PAGE = ENTRIES_PER_PAGE << HEAP_GRANULE_SHIFT, /* what a page of the map stands for */
};

/* Bytes of the process that are scanned while it waits: about 4 ms at an unload, and 0.3 s at an
 * end or for an answer. In a larger process a mapping is examined at the end, or never. */
#define QUICK_LIMIT ((uint64_t)16 << 20)
#define PATIENT_LIMIT ((uint64_t)1 << 30)

/* A path is for a note: the walk that finds it may take no longer. */
enum { PATH_NS = 100 * MILLISECOND };

/* A mapping, or a block. */
struct area {
    uintptr_t start, end;
    struct left_block *left; /* one that a key left behind, */
    struct held_block *held; /* or another one; both NULL: a mapping */
    uint64_t serial;
    bool wanted, reached, followed;
    bool was_reached; /* by an earlier examination */
    struct module *module;
};

struct search {
    struct area list[AREAS_MAX]; /* ascending, without overlaps; others are left out */
    unsigned count, wanted;
    uint64_t bytes; /* of all */
    bool is_patient, is_copy, failed;
    bool is_of_held; /* blocks: a word to the end of one counts, and one with a tag, as in a walk */
    bool is_blind;   /* there is a thread whose stack is not known, and may be in one of them */
    const struct picture *picture;
    struct view view, block_view;
    struct written written;
};

static bool is_block(const struct area *area)
{
    return area->left || area->held;
}

static struct area *area_at(struct search *search, uintptr_t address)
{
    unsigned low = 0, high = search->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (search->list[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < search->count && search->list[low].start <= address ? &search->list[low] : NULL;
}

/* Freed memory does not count. */
static bool is_live(struct search *search, uintptr_t slot)
{
    struct heap_block block;
    size_t size;
    uint32_t flags;
    return heap_find_before(slot, MAP_PAGE, &block) &&
           blocks_size(&search->block_view, block.start, &size, &flags) &&
           slot < block.start + heap_asked_bytes(size, block.asked);
}

/* IN_THREAD: a word on a stack, which may be a dead one, or what libc keeps of a thread, also of
 * the values of deleted keys. */
enum { IN_HEAP = 1, IN_AREA = 2, IN_THREAD = 4 };

/* A thread's values of the higher keys are in a block of libc. */
static bool is_libcs(uintptr_t slot)
{
    struct heap_block block;
    const struct site *site =
        heap_find_before(slot, MAP_PAGE, &block) ? site_get(block.site) : NULL;
    return site && site->by_libc;
}

static void check_word(struct search *search, uintptr_t slot, uintptr_t word, unsigned where)
{
    struct area *area = area_at(search, word);
    if (!area || area->reached || (!(where & IN_AREA) && area_at(search, slot)) ||
        (area->left && (where & IN_THREAD || is_libcs(slot))) ||
        (where & IN_HEAP && !is_live(search, slot)))
        return;
    area->reached = true;
}

static uintptr_t address_of(const struct search *search, uintptr_t word)
{
    return search->is_of_held ? walk_address(word) : word;
}

static void scan_memory(struct search *search, uintptr_t start, uintptr_t end, unsigned where)
{
    uintptr_t lowest = search->list[0].start, span = search->list[search->count - 1].end - lowest;
    while (start + WORD <= end) {
        const uintptr_t *words;
        size_t count = view_words(&search->view, start, end - start, &words);
        start = (start + WORD - 1) & ~(uintptr_t)(WORD - 1);
        for (size_t i = 0; i < count; i++) {
            uintptr_t word = address_of(search, words[i]);
            if (unlikely(word - lowest < span))
                check_word(search, start + i * WORD, word, where);
        }
        start = count ? start + count * WORD : (start & ~(uintptr_t)(PAGE - 1)) + PAGE;
    }
}

static bool scan_page(const struct heap_leaf *leaf, size_t page, void *data)
{
    struct search *search = data;
    uintptr_t first, last;
    size_t size;
    uint32_t flags;
    if (!blocks_of_page(leaf, page, &first, &last))
        return true;
    scan_memory(search, first, last, IN_HEAP);
    if (blocks_size(&search->block_view, last, &size, &flags))
        scan_memory(search, last, last + size, 0);
    return true;
}

static bool is_of_thread(const struct root *root)
{
    return root->kind == ROOT_STACK || root->kind == ROOT_RUNTIME;
}

static void scan_roots(struct search *search)
{
    for (size_t i = 0; i < search->picture->roots.count; i++) {
        const struct root *root = &search->picture->roots.list[i];
        if (!root_may_map(root))
            continue;
        if (root->start < root->end)
            scan_memory(search, root->start, root->end, is_of_thread(root) ? IN_THREAD : 0);
        else
            check_word(search, 0, address_of(search, root->word), 0);
    }
}

static void scan_part(uintptr_t start, uintptr_t end, void *search)
{
    scan_memory(search, start, end, IN_AREA);
}

/* Scans the reached areas, too: they may lead to others. */
static void follow(struct search *search)
{
    bool is_over = false;
    while (!is_over) {
        is_over = true;
        for (unsigned i = 0; i < search->count; i++) {
            struct area *area = &search->list[i];
            if (!area->reached || area->followed)
                continue;
            area->followed = true;
            is_over = false;
            if (is_block(area))
                scan_part(area->start, area->end, search);
            else
                written_each(&search->written, area->start, area->end, PAGE, scan_part, search);
        }
    }
}

static void add_area(struct search *search, struct area area)
{
    unsigned at = search->count;
    while (at > 0 && search->list[at - 1].start >= area.start)
        at--;
    if (search->count == AREAS_MAX || (at > 0 && search->list[at - 1].end > area.start) ||
        (at < search->count && area.end > search->list[at].start))
        return;
    memmove(&search->list[at + 1], &search->list[at], (search->count - at) * sizeof area);
    search->list[at] = area;
    search->count++;
    search->wanted += area.wanted;
}

static void add_mapping(struct mapped *mapped, void *data)
{
    struct search *search = data;
    struct module *module = site_unloaded(site_get(mapped->site));
    if (!module)
        return;
    search->bytes += mapped->end - mapped->start;
    add_area(search, (struct area){.start = mapped->start,
                                   .end = mapped->end,
                                   .serial = mapped->serial,
                                   .wanted = search->is_patient || !mapped->reach,
                                   .was_reached = mapped->reach == REACH_SOMETHING,
                                   .module = module});
}

static void add_blocks(struct left_values *left, void *data)
{
    struct search *search = data;
    for (unsigned i = 0; i < left->count; i++)
        add_area(search, (struct area){.start = left->blocks[i].start,
                                       .end = left->blocks[i].start + left->blocks[i].size,
                                       .wanted = search->is_patient || !left->blocks[i].reach,
                                       .left = &left->blocks[i]});
}

static void add_areas(struct search *search)
{
    if (!lock_acquire(&registry_lock)) {
        search->failed = true;
        return;
    }
    mappings_each_locked(add_mapping, search);
    left_values_each_locked(add_blocks, search);
    lock_release(&registry_lock);
}

static void take_answer(struct mapped *mapped, void *data)
{
    struct search *search = data;
    struct area *area = area_at(search, mapped->start);
    if (area && !is_block(area) && area->serial == mapped->serial && area->wanted)
        mapped->reach = area->reached      ? REACH_SOMETHING
                        : search->is_blind ? REACH_UNKNOWN
                                           : REACH_NOTHING;
}

static void take_answers(struct search *search)
{
    if (!lock_acquire(&registry_lock))
        return;
    mappings_each_locked(take_answer, search);
    for (unsigned i = 0; i < search->count; i++)
        if (search->list[i].left && search->list[i].wanted)
            search->list[i].left->reach = search->list[i].reached ? REACH_SOMETHING : REACH_NOTHING;
    lock_release(&registry_lock);
    for (unsigned i = 0; i < search->count; i++)
        if (search->list[i].held)
            search->list[i].held->reach = search->list[i].reached ? REACH_SOMETHING
                                          : search->is_blind      ? REACH_UNKNOWN
                                                                  : REACH_NOTHING;
}

static bool is_affordable(const struct search *search)
{
    uint64_t bytes = memory_private_bytes();
    uint64_t limit = search->is_patient ? PATIENT_LIMIT : QUICK_LIMIT;
    return (bytes > search->bytes ? bytes - search->bytes : 0) <= limit;
}

static void scan_all(struct search *search)
{
    bool is_held = sys_hold_memory();
    written_open(&search->written);
    scan_roots(search);
    heap_pages_each(&search->picture->pages, scan_page, search);
    follow(search);
    written_close(&search->written);
    if (is_held)
        sys_release_memory();
}

/* Retention paths to what the last examination found to be reached, and no earlier one did. */
static struct paths {
    unsigned count, capacity;
    struct reached_path {
        uint64_t serial;
        struct result result;
    } * list;
} paths;

static void forget_paths(void)
{
    arena_free(paths.list, paths.capacity * sizeof *paths.list);
    paths = (struct paths){0};
}

static void note_path(struct search *search, const struct result *result)
{
    const struct area *area = area_at(search, result->start);
    if (result->kind == RESULT_MAPPED && area && paths.count < paths.capacity)
        paths.list[paths.count++] = (struct reached_path){area->serial, *result};
}

static void walk_to(struct search *search, const struct ranges *ranges, struct walk *walk)
{
    uint64_t before = sys_block_signals(~(uint64_t)0);
    picture_show(search->picture, walk);
    walk->ranges = ranges;
    walk->place = search->is_copy          ? WALK_IN_COPY
                  : walking_may_be_alone() ? WALK_ALONE
                                           : WALK_BESIDE;
    walk->deadline = clock_monotonic_ns() + PATH_NS;
    walk_run(walk);
    sys_block_signals(before);
    paths.list = arena_alloc(walk->count * sizeof *paths.list);
    paths.capacity = paths.list ? walk->count : 0;
    for (unsigned i = 0; i < walk->count; i++)
        note_path(search, &walk->results[i]);
}

static void find_paths(struct search *search)
{
    struct ranges *ranges = sys_map(sizeof *ranges);
    struct walk *walk = ranges ? sys_map(sizeof *walk) : NULL;
    for (unsigned i = 0; walk && i < search->count; i++) {
        const struct area *area = &search->list[i];
        if (!is_block(area) && area->wanted && area->reached && !area->was_reached)
            ranges_add_mapped(ranges, area->start, area->end, area->module);
    }
    if (walk && ranges->count > 0) {
        ranges_ready(ranges);
        walk_to(search, ranges, walk);
    }
    if (walk)
        sys_unmap(walk, sizeof *walk);
    if (ranges)
        sys_unmap(ranges, sizeof *ranges);
}

const struct result *reached_by(const struct mapped *mapped)
{
    for (unsigned i = 0; i < paths.count; i++)
        if (paths.list[i].serial == mapped->serial)
            return &paths.list[i].result;
    return NULL;
}

static void scan_picture(struct search *search)
{
    if (!view_open(&search->view, false))
        return;
    if (view_open(&search->block_view, false)) {
        scan_all(search);
        find_paths(search);
        take_answers(search);
        view_close(&search->block_view);
    }
    view_close(&search->view);
}

static void run(struct search *search)
{
    struct picture picture;
    search->picture = &picture;
    if (picture_begin(&picture) && picture_take(&picture, NULL) && !picture.roots.failed) {
        search->is_blind = picture.roots.incomplete && !stack_is_alone();
        scan_picture(search);
    }
    picture_free(&picture);
}

void reached_examine(bool is_patient)
{
    forget_paths();
    if (atomic_load(&mappings_highest) == 0 && !left_values_any())
        return;
    struct search *search = arena_alloc(sizeof *search);
    if (!search)
        return;
    search->is_patient = is_patient;
    add_areas(search);
    if (search->wanted > 0 && !search->failed && is_affordable(search))
        run(search);
    arena_free(search, sizeof *search);
}

void reached_examine_blocks(struct held_block *blocks, unsigned count)
{
    struct search *search = count ? arena_alloc(sizeof *search) : NULL;
    if (!search)
        return;
    search->is_patient = search->is_of_held = true;
    for (unsigned i = 0; i < count; i++)
        if (blocks[i].size > 0)
            add_area(search, (struct area){.start = blocks[i].start,
                                           .end = blocks[i].start + blocks[i].size + 1,
                                           .wanted = true,
                                           .held = &blocks[i]});
    if (search->wanted > 0 && is_affordable(search))
        run(search);
    arena_free(search, sizeof *search);
}

void reached_examine_copy(const struct picture *picture)
{
    struct search *search = arena_alloc(sizeof *search);
    if (!search)
        return;
    paths = (struct paths){0};
    search->is_patient = search->is_copy = true;
    search->is_blind = picture->roots.incomplete;
    search->picture = picture;
    add_areas(search);
    if (search->count > 0 && !search->failed && !picture->roots.failed && is_affordable(search))
        scan_picture(search);
    arena_free(search, sizeof *search);
}
