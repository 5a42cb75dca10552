// SPDX-License-Identifier: MIT
#include "lifecycle/handled_elsewhere.h"
#include "base/action.h"
#include "base/clock.h"
#include "base/sys.h"
#include "lifecycle/locks.h"
#include "ownership/interrupted.h"
#include "registry/registry.h"
#include "registry/threads.h"
#include "scan/frames.h"
#include "scan/maps.h"
#include "scan/memory.h"
#include "scan/stacks.h"

enum {
    WORD = sizeof(uintptr_t),
    THREADS_MAX = 4096,
    PIECE = 512,  /* words that are read at once */
    ATTEMPTS = 5, /* to find a thread where it stands still meanwhile */
    PAUSE_US = 1000,
    PATIENCE = 50, /* pauses, for threads that may be in a handler and do not stand still */
    RUNNING_STACK_MAX = 8 << 20,
};

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL};

struct search {
    struct handled_elsewhere *found;
    size_t count, max;
    pid_t tid;
    bool stands; /* the thread, and its stack is known; else it runs */
    struct thread_stack stack;
    bool is_walked;
    struct thread_frames frames;
};

enum evidence { LEADS_THERE, LEADS_PAST, LEADS_NOWHERE };

static enum evidence unwind_to(struct search *search, uintptr_t at)
{
    const struct thread_frames *frames = &search->frames;
    if (!search->is_walked)
        frames_walk(frame_of_sample(search->stack.sp, search->stack.pc), &search->frames);
    search->is_walked = true;
    for (unsigned i = 0; i < frames->count; i++)
        if (frames->list[i].slot >= at)
            return frames->list[i].slot == at ? LEADS_THERE : LEADS_PAST;
    return frames->complete ? LEADS_PAST : LEADS_NOWHERE;
}

static bool is_blocked(pid_t tid, int number)
{
    return action_blocked(tid) >> (number - 1) & 1;
}

static bool is_in_use(struct search *search, uintptr_t at, const struct delivery *delivery)
{
    enum evidence evidence = search->stands ? unwind_to(search, at) : LEADS_NOWHERE;
    return evidence == LEADS_THERE ||
           (evidence == LEADS_NOWHERE && is_blocked(search->tid, delivery->info.si_signo));
}

/* Any other signal interrupts code that is there. */
static bool is_of_crash(const struct delivery *delivery)
{
    uintptr_t pc = interrupted_frame(delivery->context).pc;
    return (uintptr_t)delivery->info.si_addr != pc || !memory_is_mapped(pc, pc + 1);
}

static bool has_gone_on(const struct search *search)
{
    struct thread_stack again;
    return search->stands && (!stack_sample(search->tid, &again) || again.sp != search->stack.sp ||
                              again.pc != search->stack.pc);
}

/* False: the thread has gone on meanwhile. */
static bool check_frame(struct search *search, uintptr_t at)
{
    struct handled_elsewhere *next = &search->found[search->count];
    if (sys_copy_memory((const void *)at, &next->frame, sizeof next->frame) !=
        (ssize_t)sizeof next->frame)
        return true;
    handled_take(&next->frame, &next->delivery);
    if (!is_of_crash(&next->delivery))
        return true;
    bool is_one = is_in_use(search, at, &next->delivery);
    if (has_gone_on(search))
        return false;
    next->tid = search->tid;
    next->delivery.frame = at;
    search->count += is_one;
    return true;
}

static bool check_words(struct search *search, uintptr_t at, uintptr_t end)
{
    static uintptr_t words[PIECE];
    ssize_t length = 1;
    for (; at < end && length > 0; at += (uintptr_t)length) {
        length = sys_copy_memory((const void *)at, words, sizeof words);
        for (size_t i = 0; length > 0 && i < (size_t)length / WORD; i++)
            if (search->count < search->max && handled_is_frame(words[i]) &&
                !check_frame(search, at + i * WORD))
                return false;
    }
    return true;
}

static bool check_stack(struct search *search)
{
    uintptr_t start = (search->stack.sp + WORD - 1) & ~(uintptr_t)(WORD - 1);
    return check_words(search, start, start + HANDLED_STACK_MAX);
}

/* False: it did not stand still. */
static bool check_thread(struct search *search)
{
    size_t count = search->count;
    search->stands = true;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        search->count = count;
        search->is_walked = false;
        if (!sys_thread_alive(search->tid) ||
            (stack_sample(search->tid, &search->stack) && check_stack(search)))
            return true;
    }
    search->count = count;
    return false;
}

static bool blocks_crash(pid_t tid)
{
    bool blocks = false;
    for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
        blocks |= is_blocked(tid, crashes[i]);
    return blocks;
}

/* True if a handler of the program for a crash does not block its signal. */
static bool any_defers_not(void)
{
    struct action now;
    bool any = false;
    for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
        any |= action_get(crashes[i], &now) && action_handler(&now) && now.flags & SA_NODEFER;
    return any;
}

/* Checks each thread of the list, and leaves those in it that run, and may be in a handler. */
static size_t check_threads(struct search *search, pid_t *tids, size_t count)
{
    bool may_be_any = any_defers_not();
    size_t left = 0;
    for (size_t i = 0; i < count && search->count < search->max; i++) {
        search->tid = tids[i];
        if (search->tid != sys_gettid() && !check_thread(search) &&
            (may_be_any || blocks_crash(search->tid)))
            tids[left++] = search->tid;
    }
    return left;
}

static uintptr_t pointer_of(pid_t tid)
{
    uintptr_t pointer = 0;
    if (!lock_acquire(&registry_lock))
        return 0;
    for (const struct thread *thread = threads; thread && !pointer; thread = thread->next)
        pointer = atomic_load(&thread->tid) == tid ? thread->thread_pointer : 0;
    lock_release(&registry_lock);
    return pointer;
}

/* Which part of its stack a running thread uses is not known: all of it is searched. The first
 * thread's stack lies elsewhere. */
static void check_running(struct search *search, const struct maps *maps)
{
    uintptr_t end = pointer_of(search->tid);
    const struct mapping *mapping = end ? maps_find(maps, end) : NULL;
    if (!mapping || !blocks_crash(search->tid))
        return;
    search->stands = false;
    check_words(search,
                end - mapping->start > RUNNING_STACK_MAX ? end - RUNNING_STACK_MAX : mapping->start,
                end);
}

static void check_all_running(struct search *search, const pid_t *tids, size_t count)
{
    struct maps maps = {0};
    if (count && maps_read(&maps))
        for (size_t i = 0; i < count && search->count < search->max; i++) {
            search->tid = tids[i];
            check_running(search, &maps);
        }
    maps_free(&maps);
}

size_t handled_find_elsewhere(struct handled_elsewhere *found, size_t max)
{
    static pid_t tids[THREADS_MAX];
    static struct search search;
    bool complete;
    if (stack_is_alone() || !lock_acquire(&check_lock))
        return 0;
    search = (struct search){.found = found, .max = max};
    size_t left = check_threads(&search, tids, stack_threads(tids, THREADS_MAX, &complete));
    for (unsigned i = 0; i < PATIENCE && left && search.count < max; i++) {
        clock_pause_us(PAUSE_US);
        left = check_threads(&search, tids, left);
    }
    check_all_running(&search, tids, left);
    lock_release(&check_lock);
    return search.count;
}
