// SPDX-License-Identifier: MIT
#include "scan/scan.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "modules/agenda.h"
#include "scan/copy.h"
#include "scan/filter.h"
#include "scan/picture.h"
#include "scan/stacks.h"

#include <stdatomic.h>
#include <string.h>

enum {
    MILLISECOND = 1000000,
    QUICK_BYTES = 4 << 20, /* the quick pass reads no more */
    SMALL_BYTES = 1 << 20, /* a walk through more is large */
    /* With more memory of its own no process is walked through as a whole. */
    ALONE_BYTES = 64 << 20,
    BYTES_A_MAPPING = 4096, /* so much can be walked while a mapping is copied */
    /* A walk is expected to take so long for its mappings and variables, and for each byte. */
    NS_A_MODULE = 16000,
    NS_A_BYTE = 1,
    BYTES_UNKNOWN = 1 << 30,
    STANDSTILL = 300 * MILLISECOND, /* a walk in the process itself may take so long */
};

_Static_assert((int)AGENDA_MAX <= (int)RANGES_MAX,
               "all modules of the agenda are scanned for at once");

struct scan_gaps scan_gaps;

/* Nanoseconds that the last quick pass took, and that the last walk was expected to take. */
static uint64_t last_pass, expected;
static bool was_left; /* that pass found something: the next unload may leave something, too */

/* The walk that is under way, or whose results wait. */
static struct {
    _Atomic bool active;
    bool finished;
    struct walk *walk; /* in memory that a copy shares */
    struct ranges *ranges;
    struct module *retainers[RETAINERS_MAX]; /* each with a reference */
    unsigned retainer_count;
    struct picture picture;
    struct hits hits; /* why it was begun */
} now;

/* Words that a walk has looked at, and of which nothing was worth telling: what lies there stays,
 * and other modules come to lie where they point. */
static struct hits harmless;
static unsigned next_harmless;

static struct ranges *make_ranges(void)
{
    return arena_alloc(sizeof(struct ranges));
}

static void free_ranges(struct ranges *ranges)
{
    for (unsigned i = 0; ranges && i < ranges->count; i++)
        module_unref(ranges->list[i].module);
    arena_free(ranges, sizeof *ranges);
}

void scan_look_again(struct module *module)
{
    if (options.scan == SCAN_FULL)
        agenda_add_alone(module, WORK_UNSETTLED);
}

bool scan_has_work(void)
{
    return work_any(WORK_SCAN) || atomic_load(&now.active) || copy_is_left();
}

static void release(void)
{
    free_ranges(now.ranges);
    for (unsigned i = 0; i < now.retainer_count; i++)
        module_unref(now.retainers[i]);
    picture_free(&now.picture);
    copy_unshare(now.walk, sizeof *now.walk);
    now.walk = NULL;
    now.ranges = NULL;
    now.retainer_count = 0;
    now.finished = false;
    atomic_store(&now.active, false);
}

/* A range in which something else is mapped by now cannot be told of by its addresses. */
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
    now.ranges = ranges;
    now.walk = copy_share(sizeof *now.walk);
    if (!now.walk ||
        !(variables ? picture_begin_variables(&now.picture, ranges) : picture_begin(&now.picture)))
        return false;
    remove_mapped(ranges, &now.picture.maps);
    if (variables)
        return picture_take_variables(&now.picture, ranges);
    bool complete = picture_take(&now.picture, ranges);
    if (now.retainer_count == 0)
        scan_gaps.running += now.picture.roots.stacks_unknown;
    if (now.picture.roots.mapped_bytes > scan_gaps.mapped_bytes)
        scan_gaps.mapped_bytes = now.picture.roots.mapped_bytes;
    return complete;
}

static void set_up(uint64_t begun)
{
    uint64_t limit = (uint64_t)options.scan_limit_ms * MILLISECOND;
    struct walk *walk = now.walk;
    memset(walk, 0, offsetof(struct walk, results));
    picture_show(&now.picture, walk);
    for (unsigned i = 0; i < now.retainer_count; i++)
        walk->retainers[i].module = now.retainers[i];
    walk->retainer_count = now.retainer_count;
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

/* A walk beside other threads, or while signals wait, is not for long. */
static void walk_here(enum walk_place place)
{
    struct walk *walk = now.walk;
    walk->place = place;
    if (!walk->deadline || walk->deadline > walk->begun + STANDSTILL)
        walk->deadline = walk->begun + STANDSTILL;
    bool is_held = sys_hold_memory();
    walk_run(walk);
    if (is_held)
        sys_release_memory();
    now.finished = true;
}

/* Without a signal handler, which could unmap what is being read. False: that was not for long
 * enough. */
static bool walk_alone(void)
{
    uint64_t before = sys_block_signals(~(uint64_t)0);
    walk_here(WALK_ALONE);
    sys_block_signals(before);
    if (!now.walk->ran_out || !copy_is_possible())
        return true;
    now.finished = false;
    set_up(now.walk->begun);
    return false;
}

static bool walk_in_copy(void)
{
    return copy_is_possible() &&
           copy_start(COPY_SHARES_FILES, work, now.walk, &now.walk->done) == 0;
}

static uint64_t private_bytes(void)
{
    uint64_t bytes = memory_private_bytes();
    return bytes ? bytes : BYTES_UNKNOWN;
}

/* The sizes of another allocator's blocks are only asked for in a copy; and in a copy nobody has to
 * bring memory. */
static bool may_walk_alone(void)
{
    return blocks_have_heads() && stack_owns_memory() &&
           !(userfaults_are_possible() && copy_is_possible());
}

/* Where the program waits for the end of the walk, that comes sooner without a copy. Else only
 * where walking costs less than copying the page tables. */
static bool is_quicker_alone(uint64_t bytes, bool waits)
{
    uint64_t most = (uint64_t)now.picture.maps.count * BYTES_A_MAPPING;
    if (most < SMALL_BYTES)
        most = SMALL_BYTES;
    if (waits || most > ALONE_BYTES)
        most = ALONE_BYTES;
    return bytes < most && may_walk_alone();
}

static bool begin(struct ranges *ranges, bool variables)
{
    uint64_t begun = clock_monotonic_ns();
    atomic_store(&now.active, true);
    if (!prepare(ranges, variables)) {
        scan_gaps.unread += ranges->count;
        release();
        return false;
    }
    set_up(begun);
    return true;
}

/* Only variables point into what has gone, and which is known. */
static void tell_hits(struct ranges *ranges)
{
    if (!begin(ranges, true))
        return;
    now.walk->hits = &now.hits;
    walk_here(WALK_BESIDE);
    now.walk->pause = clock_monotonic_ns() - now.walk->begun;
}

/* In the process itself where that is quicker; or where no copy can be had, unless it is for a
 * note: others would go on. */
static void begin_walk(struct ranges *ranges, uint64_t bytes, bool waits)
{
    if (!begin(ranges, false))
        return;
    bool done = is_quicker_alone(bytes, waits) && walk_alone();
    if (!done && !walk_in_copy() && now.retainer_count == 0)
        walk_here(WALK_BESIDE);
    now.walk->pause = clock_monotonic_ns() - now.walk->begun;
}

static bool is_waited_for(enum moment moment)
{
    return moment == MOMENT_EXIT || moment == MOMENT_REQUEST;
}

static int count_module(struct module *module, void *data)
{
    ++*(uint64_t *)data;
    return 0;
}

/* Nanoseconds. */
static uint64_t expect_walk(uint64_t bytes)
{
    uint64_t modules = 0;
    modules_each_mapped(count_module, &modules);
    return modules * NS_A_MODULE + bytes * NS_A_BYTE;
}

struct collection {
    struct ranges *ranges;
    unsigned works; /* of all of them */
};

static unsigned collect(struct agenda_entry *entry, void *data)
{
    struct collection *all = data;
    struct module *module = entry->module;
    if (modules_any_in(module->start, module->end)) {
        scan_gaps.reused++;
        return WORK_SCAN;
    }
    ranges_add(all->ranges, module_ref(module));
    all->works |= entry->works;
    return 0;
}

static unsigned is_done(struct agenda_entry *entry, void *data)
{
    return ranges_have(data, entry->module) ? WORK_SCAN : 0;
}

static unsigned note_left(struct agenda_entry *entry, void *data)
{
    if (ranges_have(data, entry->module))
        entry->works |= WORK_WALK;
    return 0;
}

static enum filter_result pass_over(const struct collection *all)
{
    static const struct hits none;
    const struct hits *passed = all->works & WORK_UNSETTLED ? &none : &harmless;
    if (all->ranges->count == 0)
        return FILTER_NOTHING;
    struct budget_stamp begun = budget_begin();
    enum filter_result found = filter_run(all->ranges, QUICK_BYTES, passed, &now.hits);
    last_pass = budget_end(begun);
    return found;
}

/* Something is left; the ranges are given back, or the walk has them. */
static void explain(struct ranges *ranges, enum moment moment, bool is_in_variables)
{
    uint64_t bytes = now.hits.bytes ? now.hits.bytes : BYTES_UNKNOWN;
    expected = expect_walk(bytes);
    if (!is_in_variables && !budget_allows(moment, WORK_WALK, expected)) {
        agenda_each(WORK_SCAN, note_left, ranges);
        free_ranges(ranges);
        return;
    }
    struct budget_stamp begun = budget_begin();
    agenda_each(WORK_SCAN, is_done, ranges);
    if (is_in_variables)
        tell_hits(ranges);
    else
        begin_walk(ranges, bytes, is_waited_for(moment));
    budget_end(begun);
}

/* Where something is known to be left, a pass alone would be in vain. */
static bool may_run(enum moment moment)
{
    bool may_be_left = was_left || work_any(WORK_UNSETTLED | WORK_WALK);
    enum work work = may_be_left ? WORK_UNSETTLED : WORK_MEMORY;
    return work_any(WORK_SCAN) && !atomic_load(&now.active) &&
           (!work_any(WORK_WALK) || budget_allows(moment, WORK_WALK, expected)) &&
           budget_allows(moment, work, last_pass);
}

bool scan_run(enum moment moment, scan_nothing *nothing)
{
    struct collection all = {.ranges = may_run(moment) ? make_ranges() : NULL};
    if (!all.ranges)
        return false;
    if (!agenda_each(WORK_SCAN, collect, &all)) {
        free_ranges(all.ranges);
        return false;
    }
    ranges_ready(all.ranges);
    enum filter_result found = pass_over(&all);
    was_left = found != FILTER_NOTHING;
    if (was_left) {
        explain(all.ranges, moment,
                found == FILTER_SOMETHING && now.hits.all && now.hits.in_variables);
        return atomic_load(&now.active);
    }
    nothing(all.ranges);
    agenda_each(WORK_SCAN, is_done, all.ranges);
    free_ranges(all.ranges);
    return false;
}

uint64_t scan_patience(enum moment moment, bool begun)
{
    bool is_large = now.hits.bytes >= SMALL_BYTES;
    if (!begun && moment == MOMENT_UNLOADED)
        return 0; /* its results are taken as well at the next occasion */
    if (begun && moment == MOMENT_LOADING && is_large)
        return 0; /* it has the ranges as they are */
    return budget_patience(moment, WORK_WALK, is_large);
}

static unsigned take_retainer(struct agenda_entry *entry, void *data)
{
    if (module_is_unloaded(entry->module))
        return WORK_RETAINED;
    if (now.retainer_count < RETAINERS_MAX)
        now.retainers[now.retainer_count++] = module_ref(entry->module);
    return 0;
}

static enum copy_state wait_for_closed(uint64_t patience)
{
    if (!now.walk)
        return COPY_NONE;
    return now.finished ? COPY_DONE : copy_wait(patience);
}

/* At a dlclose only where no copy is needed. */
static bool is_large(enum moment moment, uint64_t bytes)
{
    return is_waited_for(moment) ? bytes >= QUICK_BYTES : bytes >= SMALL_BYTES || !may_walk_alone();
}

/* A walk for them is in vain if the program does not wait for its end. */
static bool may_run_closed(enum moment moment, uint64_t bytes, uint64_t *patience)
{
    uint64_t most = expect_walk(bytes);
    *patience = budget_patience(moment, WORK_RETAINED, is_large(moment, bytes));
    return most <= *patience && budget_allows(moment, WORK_RETAINED, most);
}

bool scan_run_closed(enum moment moment)
{
    if (!work_any(WORK_RETAINED) || work_any(WORK_SCAN) || atomic_load(&now.active))
        return false;
    struct budget_stamp begun = budget_begin();
    uint64_t patience, bytes = private_bytes();
    struct ranges *ranges = may_run_closed(moment, bytes, &patience) ? make_ranges() : NULL;
    if (!ranges)
        return false;
    agenda_each(WORK_RETAINED, take_retainer, NULL);
    if (now.retainer_count == 0) {
        free_ranges(ranges);
        return false;
    }
    struct module *taken[RETAINERS_MAX];
    unsigned count = now.retainer_count;
    memcpy(taken, now.retainers, sizeof taken);
    begin_walk(ranges, bytes, true);
    enum copy_state state = wait_for_closed(patience);
    now.finished = state == COPY_DONE;
    for (unsigned i = 0; state != COPY_RUNNING && i < count; i++)
        agenda_remove(taken[i], WORK_RETAINED);
    if (state != COPY_DONE)
        scan_stop();
    budget_end(begun);
    return atomic_load(&now.active);
}

/* --- results
 * ----------------------------------------------------------------------------------------------
 */

const struct walk *scan_results(uint64_t nanoseconds)
{
    copy_tidy();
    if (!atomic_load(&now.active))
        return NULL;
    if (!now.finished) {
        enum copy_state state = nanoseconds ? copy_wait(nanoseconds) : copy_poll();
        if (state == COPY_RUNNING)
            return NULL;
        now.finished = true;
        scan_gaps.died += state != COPY_DONE;
        budget_spend(now.walk->processor);
    }
    if (now.retainer_count > 0)
        return now.walk;
    scan_gaps.ran_out += now.walk->ran_out;
    scan_gaps.more += now.walk->dropped;
    scan_gaps.no_memory += now.walk->no_memory;
    scan_gaps.overwritten += now.walk->overwritten;
    scan_gaps.sizes_unknown |= now.walk->sizes_unknown;
    scan_gaps.reused += now.walk->used_again;
    return now.walk;
}

static void note_harmless(const struct hits *hits)
{
    for (unsigned i = 0; i < hits->count; i++) {
        harmless.list[next_harmless++ % HITS_MAX] = hits->list[i];
        if (harmless.count < HITS_MAX)
            harmless.count++;
    }
}

void scan_done(bool told)
{
    if (!told && now.retainer_count == 0 && now.walk->complete && now.hits.all)
        note_harmless(&now.hits);
    release();
}

void scan_stop(void)
{
    copy_kill();
    if (atomic_load(&now.active))
        release();
}

void scan_put_off(void)
{
    if (!atomic_load(&now.active))
        return;
    for (unsigned i = 0; i < now.ranges->count; i++)
        agenda_add(now.ranges->list[i].module, WORK_MEMORY | WORK_WALK);
    scan_stop();
}

void scan_fork_child(void)
{
    copy_fork_child();
    if (atomic_load(&now.active))
        release();
}
