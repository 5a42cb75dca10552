// SPDX-License-Identifier: MIT
#include "lifecycle/handled_elsewhere.h"
#include "base/action.h"
#include "base/sys.h"
#include "lifecycle/locks.h"
#include "ownership/interrupted.h"
#include "scan/frames.h"
#include "scan/memory.h"
#include "scan/stacks.h"

enum {
    WORD = sizeof(uintptr_t),
    THREADS_MAX = 4096,
    PIECE = 512,  /* words that are read at once */
    ATTEMPTS = 5, /* to find a thread where it stands still meanwhile */
};

struct search {
    struct handled_elsewhere *found;
    size_t count, max;
    pid_t tid;
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
    enum evidence evidence = unwind_to(search, at);
    return evidence == LEADS_THERE ||
           (evidence == LEADS_NOWHERE && is_blocked(search->tid, delivery->info.si_signo));
}

/* Any other signal interrupts code that is there. */
static bool is_of_crash(const struct delivery *delivery)
{
    uintptr_t pc = interrupted_frame(delivery->context).pc;
    return (uintptr_t)delivery->info.si_addr != pc || !memory_is_mapped(pc, pc + 1);
}

/* False: the thread has gone on meanwhile. */
static bool check_frame(struct search *search, uintptr_t at)
{
    struct handled_elsewhere *next = &search->found[search->count];
    struct thread_stack again;
    if (sys_copy_memory((const void *)at, &next->frame, sizeof next->frame) !=
        (ssize_t)sizeof next->frame)
        return true;
    handled_take(&next->frame, &next->delivery);
    if (!is_of_crash(&next->delivery))
        return true;
    bool is_one = is_in_use(search, at, &next->delivery);
    if (!stack_sample(search->tid, &again) || again.sp != search->stack.sp ||
        again.pc != search->stack.pc)
        return false;
    next->tid = search->tid;
    next->delivery.frame = at;
    search->count += is_one;
    return true;
}

static bool check_stack(struct search *search)
{
    static uintptr_t words[PIECE];
    uintptr_t at = (search->stack.sp + WORD - 1) & ~(uintptr_t)(WORD - 1);
    uintptr_t end = at + HANDLED_STACK_MAX;
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

static void check_thread(struct search *search)
{
    size_t count = search->count;
    for (unsigned i = 0; i < ATTEMPTS && sys_thread_alive(search->tid); i++) {
        search->count = count;
        search->is_walked = false;
        if (stack_sample(search->tid, &search->stack) && check_stack(search))
            return;
    }
}

size_t handled_find_elsewhere(struct handled_elsewhere *found, size_t max)
{
    static pid_t tids[THREADS_MAX];
    static struct search search;
    bool complete;
    if (stack_is_alone() || !lock_acquire(&check_lock))
        return 0;
    search = (struct search){.found = found, .max = max};
    size_t count = stack_threads(tids, THREADS_MAX, &complete);
    for (size_t i = 0; i < count && search.count < max; i++) {
        search.tid = tids[i];
        if (search.tid != sys_gettid())
            check_thread(&search);
    }
    lock_release(&check_lock);
    return search.count;
}
