// SPDX-License-Identifier: MIT
#include "scan/scan.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "scan/copy.h"
#include "scan/due.h"
#include "scan/filter.h"
#include "scan/picture.h"
#include "scan/stacks.h"

#include <stdatomic.h>
#include <string.h>

enum {
    MILLISECOND = 1000000,
    QUICK_BYTES = 4 << 20, /* the quick look looks at no more */
    SMALL_BYTES = 1 << 20, /* where no more than this is looked at, the program waits for the end */
    FREE_BYTES = 4 << 20,  /* in all, before time counts: small programs miss nothing */
    SHARE = 20,            /* and then one part in so many of the time since the start */
    SHORT_WAIT = 10 * MILLISECOND,
    LONG_WAIT =
        100 * MILLISECOND, /* for little memory: that takes so long on a busy machine only */
    /* Unloads that are looked at together come so soon after each other, and all of them within: */
    TOGETHER = 100 * MILLISECOND,
    ALL_TOGETHER = 1000 * MILLISECOND,
    ALONE_BYTES =
        64 << 20, /* with more memory of its own no process is walked through as a whole */
    BYTES_A_MAPPING = 4096,   /* so much can be walked while a mapping is copied */
    MANY_MODULES = 256,       /* with fewer no walk takes long for their sake */
    NS_A_MODULE = 16000,      /* for walking through its mappings and variables, or copying them */
    DUE_MANY = DUE_MAX - 128, /* with so many the list is almost full, and they do not wait */
    STANDSTILL = 300 * MILLISECOND, /* a walk in the process itself may take so long */
};

struct scan_gaps scan_gaps;

/* Modules of which it is not known what they retain; each with a reference. */
static struct module *closed[RETAINERS_MAX];
static unsigned closed_count;
static uint64_t closed_spent; /* nanoseconds that the program waited for it */

/* Nanoseconds: when the process started, when the first module went, what the program has waited
 * for us since, and what the last look took of its time. Bytes that were looked at. */
static uint64_t process_started, started, spent, last_look, looked;

/* What waits for the unloads that follow is not looked at after each of them: nanoseconds. */
static bool is_postponed;
static uint64_t postponed_to, postponed_at_most_to;

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
static bool looks_again; /* for a word that moved: none is harmless then */

void scan_start(void)
{
    process_started = clock_monotonic_ns();
}

void scan_note_unloaded(struct module *module)
{
    if (options.scan == SCAN_FULL && !module->is_shim)
        due_note(module);
}

void scan_look_again(struct module *module)
{
    if (options.scan == SCAN_FULL) {
        due_note_again(module);
        looks_again = true;
    }
}

void scan_forget_closed(const struct module *module)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < closed_count; i++) {
        if (closed[i] == module || module_is_unloaded(closed[i]))
            module_unref(closed[i]);
        else
            closed[kept++] = closed[i];
    }
    closed_count = kept;
}

/* If there are too many the one that waits longest is left out. */
void scan_note_closed(struct module *module)
{
    scan_forget_closed(module);
    module->retained = (struct retained_heap){0};
    if (options.scan != SCAN_FULL)
        return;
    if (closed_count == RETAINERS_MAX)
        scan_forget_closed(closed[0]);
    closed[closed_count++] = module_ref(module);
}

bool scan_has_work(void)
{
    return due_count() > 0 || atomic_load(&now.active) || copy_is_left();
}

void scan_cost(uint64_t nanoseconds)
{
    spent += nanoseconds;
}

bool scan_is_postponed(void)
{
    return is_postponed;
}

bool scan_is_under_way(void)
{
    return atomic_load(&now.active);
}

static bool program_waits(enum scan_when when)
{
    return when == SCAN_AT_EXIT || when == SCAN_ON_REQUEST;
}

/* --- a walk
 * ------------------------------------------------------------------------------------------------
 */

static void release(void)
{
    if (now.ranges)
        due_free(now.ranges);
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
    return bytes ? bytes : UINT64_MAX;
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

/* --- when
 * --------------------------------------------------------------------------------------------------
 */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One more unload soon after those that wait. */
static bool goes_with_postponed(void)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (!is_postponed || now_ns >= postponed_to || due_count() >= DUE_MANY)
        return false;
    postponed_to = earlier(now_ns + TOGETHER, postponed_at_most_to);
    return true;
}

/* A share of the program's time; the rest waits, but not what is known to have been there. */
static bool is_affordable(enum scan_when when)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (program_waits(when) || looked < FREE_BYTES ||
        ((is_postponed || looks_again) && when == SCAN_BEFORE_LOAD))
        return true;
    return spent + last_look <= (now_ns - started) / SHARE;
}

static int count_module(struct module *module, void *data)
{
    ++*(uint64_t *)data;
    return 0;
}

/* Most of what is left right after one of many unloads is freed with the others. Where so much is
 * mapped that a walk takes more than half of our share of the time so far, it is for all together:
 * a while later, or before something else may lie there. */
static bool is_time_to_walk(enum scan_when when, const struct ranges *ranges)
{
    uint64_t modules = 0;
    if (when != SCAN_AFTER_UNLOAD || ranges->count >= DUE_MANY)
        return true;
    modules_each_mapped(count_module, &modules);
    return modules < MANY_MODULES ||
           modules * NS_A_MODULE < (clock_monotonic_ns() - process_started) / SHARE / 2;
}

static void postpone(struct ranges *ranges)
{
    uint64_t now_ns = clock_monotonic_ns();
    is_postponed = true;
    postponed_to = now_ns + TOGETHER;
    postponed_at_most_to = now_ns + ALL_TOGETHER;
    due_put_back(ranges);
}

uint64_t scan_patience(enum scan_when when, bool begun_now)
{
    if (program_waits(when))
        return (uint64_t)SCAN_EXIT_SECONDS * 1000 * MILLISECOND;
    if (when == SCAN_AT_EVENT || (when == SCAN_AFTER_UNLOAD && !begun_now))
        return 0;
    if (now.hits.bytes < SMALL_BYTES)
        return LONG_WAIT;
    /* What a copy has, it has: the range may be used again. But the next one has to wait for it. */
    return !begun_now && is_affordable(when) ? SHORT_WAIT : 0;
}

static enum filter_result look_quickly(const struct ranges *ranges)
{
    static const struct hits none;
    const struct hits *passed = looks_again ? &none : &harmless;
    if (ranges->count == 0)
        return FILTER_NOTHING;
    enum filter_result found = filter_run(ranges, QUICK_BYTES, passed, &now.hits);
    looked += now.hits.bytes;
    return found;
}

bool scan_run(enum scan_when when, scan_nothing *nothing)
{
    if (started == 0)
        started = clock_monotonic_ns();
    if (due_count() == 0 || atomic_load(&now.active) ||
        (when == SCAN_AFTER_UNLOAD && goes_with_postponed()) || !is_affordable(when))
        return false;
    uint64_t begun = clock_monotonic_ns();
    struct ranges *ranges = due_take();
    if (!ranges)
        return false;
    is_postponed = false;
    enum filter_result found = look_quickly(ranges);
    if (found == FILTER_NOTHING) {
        nothing(ranges);
        due_free(ranges);
    } else if (found == FILTER_SOMETHING && now.hits.all && now.hits.in_variables) {
        tell_hits(ranges);
    } else if (is_time_to_walk(when, ranges)) {
        begin_walk(ranges, now.hits.bytes ? now.hits.bytes : UINT64_MAX, program_waits(when));
    } else {
        postpone(ranges);
        return false;
    }
    looks_again = false;
    last_look = clock_monotonic_ns() - begun;
    return atomic_load(&now.active);
}

static void take_closed(void)
{
    while (closed_count > 0) {
        struct module *module = closed[--closed_count];
        if (module_is_unloaded(module))
            module_unref(module);
        else
            now.retainers[now.retainer_count++] = module;
    }
}

/* Their turn comes again. */
static void put_back_closed(void)
{
    for (unsigned i = 0; i < now.retainer_count; i++)
        closed[closed_count++] = module_ref(now.retainers[i]);
}

/* Nanoseconds that the program may wait for a note; at a dlclose only where no copy is needed. */
static uint64_t closed_patience(enum scan_when when, bool here, uint64_t bytes)
{
    uint64_t elapsed = clock_monotonic_ns() - started;
    bool at_exit = when == SCAN_AT_EXIT;
    if (when == SCAN_ON_REQUEST || (at_exit && bytes < QUICK_BYTES))
        return scan_patience(when, true);
    if (closed_spent > LONG_WAIT + elapsed / SHARE)
        return 0;
    return here || (at_exit && bytes < ALONE_BYTES) ? LONG_WAIT : 0;
}

static enum copy_state wait_for_closed(uint64_t patience)
{
    if (!now.walk)
        return COPY_NONE;
    return now.finished ? COPY_DONE : copy_wait(patience);
}

bool scan_run_closed(enum scan_when when)
{
    if (started == 0)
        started = clock_monotonic_ns();
    if (closed_count == 0 || due_count() > 0 || atomic_load(&now.active))
        return false;
    uint64_t begun = clock_monotonic_ns(), bytes = private_bytes();
    bool here = bytes < (program_waits(when) ? ALONE_BYTES : SMALL_BYTES) && may_walk_alone();
    uint64_t patience = closed_patience(when, here, bytes);
    struct ranges *ranges = patience ? arena_alloc(sizeof *ranges) : NULL;
    if (!ranges)
        return false;
    take_closed();
    if (now.retainer_count == 0) {
        arena_free(ranges, sizeof *ranges);
        return false;
    }
    begin_walk(ranges, bytes, true);
    enum copy_state state = wait_for_closed(patience);
    now.finished = state == COPY_DONE;
    if (state == COPY_RUNNING)
        put_back_closed();
    if (state != COPY_DONE)
        scan_stop();
    closed_spent += clock_monotonic_ns() - begun;
    return atomic_load(&now.active);
}

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
    }
    if (now.retainer_count > 0)
        return now.walk;
    scan_gaps.ran_out += now.walk->ran_out;
    scan_gaps.more += now.walk->dropped;
    scan_gaps.no_memory += now.walk->no_memory;
    scan_gaps.overwritten += now.walk->overwritten;
    scan_gaps.sizes_unknown |= now.walk->sizes_unknown;
    scan_gaps.reused += now.walk->used_again;
    looked += now.walk->bytes;
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

void scan_fork_child(void)
{
    copy_fork_child();
    if (atomic_load(&now.active))
        release();
    due_fork_child();
    while (closed_count > 0)
        module_unref(closed[--closed_count]);
    is_postponed = false;
}
