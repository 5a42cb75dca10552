// SPDX-License-Identifier: MIT
#include "scan/walking.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "scan/copy.h"
#include "scan/stacks.h"

#include <string.h>

enum {
    /* Bytes. A process with more private memory is walked only in a copy, which goes on where a
     * walk in the process itself would reach STANDSTILL. With copies alone a program with a heap of
     * 4 MB takes 9.0 ms, not 7.7. */
    ALONE_BYTES = 64 << 20,
    /* Nanoseconds: bounds a worst case. A walk in the process itself takes no longer, since other
     * threads run into what it holds, or signals are blocked. */
    STANDSTILL = 300 * MILLISECOND,
};

struct scan_gaps scan_gaps;

struct walking walking;

void walking_free_ranges(struct ranges *ranges)
{
    for (unsigned i = 0; ranges && i < ranges->count; i++)
        module_unref(ranges->list[i].module);
    arena_free(ranges, sizeof *ranges);
}

void walking_end(void)
{
    walking_free_ranges(walking.ranges);
    for (unsigned i = 0; i < walking.retainer_count; i++)
        module_unref(walking.retainers[i]);
    picture_free(&walking.picture);
    copy_unshare(walking.walk, sizeof *walking.walk);
    walking.walk = NULL;
    walking.ranges = NULL;
    walking.retainer_count = 0;
    walking.finished = false;
    atomic_store(&walking.active, false);
}

/* A range in which something else is mapped by now cannot be recognised by its addresses. */
static void remove_mapped(struct ranges *ranges, const struct maps *maps)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ranges->count; i++) {
        struct range *range = &ranges->list[i];
        if (maps_overlap(maps, range->start, range->end)) {
            scan_gaps.reused++;
            module_unref(range->module);
        } else {
            ranges->list[kept++] = *range;
        }
    }
    ranges->count = kept;
    ranges_ready(ranges);
}

static bool prepare(struct ranges *ranges, bool variables)
{
    walking.ranges = ranges;
    walking.walk = copy_share(sizeof *walking.walk);
    if (!walking.walk || !(variables ? picture_begin_variables(&walking.picture, ranges)
                                     : picture_begin(&walking.picture)))
        return false;
    remove_mapped(ranges, &walking.picture.maps);
    if (variables)
        return picture_take_variables(&walking.picture, ranges);
    bool complete = picture_take(&walking.picture, ranges);
    if (walking.retainer_count == 0)
        scan_gaps.running += walking.picture.roots.stacks_unknown;
    if (walking.picture.roots.mapped_bytes > scan_gaps.mapped_bytes)
        scan_gaps.mapped_bytes = walking.picture.roots.mapped_bytes;
    return complete;
}

static void set_up(uint64_t begun)
{
    uint64_t limit = (uint64_t)options.scan_limit_ms * MILLISECOND;
    struct walk *walk = walking.walk;
    memset(walk, 0, offsetof(struct walk, results));
    picture_show(&walking.picture, walk);
    for (unsigned i = 0; i < walking.retainer_count; i++)
        walk->retainers[i].module = walking.retainers[i];
    walk->retainer_count = walking.retainer_count;
    walk->limit = (uint64_t)options.scan_limit_mb << 20;
    walk->begun = begun;
    walk->deadline = limit ? begun + limit : 0;
}

/* Another thread may have loaded something between the list of modules and the copy. The ranges are
 * the copy's own. */
static void mark_used_again(struct walk *walk)
{
    struct ranges *ranges = (struct ranges *)walk->ranges;
    for (unsigned i = 0; i < ranges->count; i++) {
        struct range *range = &ranges->list[i];
        range->used_again = !memory_is_free(range->start, range->end);
        walk->used_again += range->used_again;
    }
}

/* In a copy. */
static void work(void *walk)
{
    mark_used_again(walk);
    walk_run(walk);
}

/* A walk beside other threads, or with signals blocked, must be short. */
static void walk_here(enum walk_place place)
{
    struct walk *walk = walking.walk;
    walk->place = place;
    if (!walk->deadline || walk->deadline > walk->begun + STANDSTILL)
        walk->deadline = walk->begun + STANDSTILL;
    bool is_held = sys_hold_memory();
    walk_run(walk);
    if (is_held)
        sys_release_memory();
    walking.finished = true;
}

/* Without a signal handler, which could unmap what is being read. False: the time was too short. */
static bool walk_alone(void)
{
    uint64_t before = sys_block_signals(~(uint64_t)0);
    walk_here(WALK_ALONE);
    sys_block_signals(before);
    if (!walking.walk->ran_out || !copy_is_possible())
        return true;
    walking.finished = false;
    set_up(walking.walk->begun);
    return false;
}

static bool walk_in_copy(void)
{
    return copy_is_possible() &&
           copy_start(COPY_SHARES_FILES, work, walking.walk, &walking.walk->done) == 0;
}

uint64_t walking_private_bytes(void)
{
    uint64_t bytes = memory_private_bytes();
    return bytes ? bytes : BYTES_UNKNOWN;
}

/* The sizes of another allocator's blocks are only asked for in a copy; and in a copy nobody has to
 * supply memory. */
bool walking_may_be_alone(void)
{
    return blocks_have_heads() && stack_owns_memory() &&
           !(userfaults_are_possible() && copy_is_possible());
}

/* Where the program waits for the end of the walk, that comes sooner without a copy. Else only
 * where walking costs less than copying the page tables. */
static bool is_quicker_alone(uint64_t bytes, bool waits)
{
    return bytes < (waits ? ALONE_BYTES : SMALL_BYTES) && walking_may_be_alone();
}

static bool begin(struct ranges *ranges, bool variables)
{
    uint64_t begun = clock_monotonic_ns();
    atomic_store(&walking.active, true);
    if (!prepare(ranges, variables)) {
        scan_gaps.unread += ranges->count;
        walking_end();
        return false;
    }
    set_up(begun);
    return true;
}

/* Only variables point into the unloaded modules, and all of them are known. */
void walking_report_hits(struct ranges *ranges)
{
    if (!begin(ranges, true))
        return;
    walking.walk->hits = &walking.hits;
    walk_here(WALK_BESIDE);
    walking.walk->pause = clock_monotonic_ns() - walking.walk->begun;
}

/* In the process itself where that is quicker; or where no copy is possible, except for a note. */
void walking_begin(struct ranges *ranges, uint64_t bytes, bool waits)
{
    if (!begin(ranges, false))
        return;
    bool done = is_quicker_alone(bytes, waits) && walk_alone();
    if (!done && !walk_in_copy() && walking.retainer_count == 0)
        walk_here(WALK_BESIDE);
    walking.walk->pause = clock_monotonic_ns() - walking.walk->begun;
}

const struct walk *scan_results(uint64_t nanoseconds)
{
    copy_tidy();
    if (!atomic_load(&walking.active))
        return NULL;
    if (!walking.finished) {
        enum copy_state state = nanoseconds ? copy_wait(nanoseconds) : copy_poll();
        if (state == COPY_RUNNING)
            return NULL;
        walking.finished = true;
        scan_gaps.died += state != COPY_DONE;
        budget_spend(walking.walk->processor);
    }
    if (walking.retainer_count > 0)
        return walking.walk;
    scan_gaps.ran_out += walking.walk->ran_out;
    scan_gaps.more += walking.walk->dropped;
    scan_gaps.no_memory += walking.walk->no_memory;
    scan_gaps.overwritten += walking.walk->overwritten;
    scan_gaps.sizes_unknown |= walking.walk->sizes_unknown;
    scan_gaps.reused += walking.walk->used_again;
    return walking.walk;
}

void scan_stop(void)
{
    copy_kill();
    if (atomic_load(&walking.active))
        walking_end();
}

void scan_fork_child(void)
{
    copy_fork_child();
    if (atomic_load(&walking.active))
        walking_end();
}
