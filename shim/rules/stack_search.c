// SPDX-License-Identifier: MIT
#include "rules/stack_search.h"
#include "base/clock.h"
#include "base/dropped.h"
#include "base/sys.h"
#include "ownership/caller_stack.h"
#include "ownership/prologue.h"
#include "ownership/unwind.h"
#include "rules/found.h"
#include "rules/mutex_checks.h"
#include "rules/rule.h"
#include "scan/frames.h"
#include "scan/maps.h"
#include "scan/memory.h"
#include "scan/stacks.h"
#include "scan/waits.h"

#include <string.h>

enum {
    WORD = sizeof(uintptr_t),
    THREADS_MAX = 4096,
    STACK_MAX = 64 << 20,  /* a stack pointer further from the end is on another stack */
    FOREIGN_MAX = 1 << 20, /* scanned of a stack whose end is not known */
};

struct stack_gaps stack_gaps;

struct watched {
    pid_t tid;
    bool seen, self;
    bool was_given; /* its stack in one of the modules */
    uintptr_t end;  /* of the stack that it was given; 0: not known */
    struct thread_stack at;
};

struct round {
    const struct stacks_search *search;
    struct watched *places;
    size_t count;
    struct view *view;
    struct maps maps;
    bool have_maps;
    struct thread_frames frames;
    bool unmapped[FRAMES_MAX]; /* nothing lies there */
    struct found found;
    const struct module *passed; /* the current thread has a return address into it */
    bool complete, occupied;
};

static bool is_readable(uintptr_t address)
{
    char byte;
    return sys_read_memory((const void *)address, &byte, 1) == 1;
}

static struct watched *find_place(struct round *round, pid_t tid)
{
    for (size_t i = 0; i < round->count; i++)
        if (round->places[i].tid == tid)
            return &round->places[i];
    return NULL;
}

/* The thread control block is at the upper end of a thread's stack, but for the first thread. */
static void find_ends(struct round *round)
{
    pid_t pid = sys_getpid();
    if (!lock_acquire(&registry_lock))
        return;
    for (const struct thread *thread = threads; thread; thread = thread->next) {
        struct watched *place = find_place(round, atomic_load(&thread->tid));
        if (place)
            place->was_given =
                thread->seen_to_start && ranges_find(round->search->ranges, thread->thread_pointer);
        if (place)
            place->end = (place->tid == pid ? sys_first_stack_end() : thread->thread_pointer) &
                         ~(uintptr_t)(WORD - 1);
    }
    lock_release(&registry_lock);
}

static bool list_threads(struct round *round)
{
    static pid_t tids[THREADS_MAX];
    bool complete = true;
    size_t count = 1;
    tids[0] = sys_gettid();
    if (!round->search->alone)
        count = stack_threads(tids, THREADS_MAX, &complete);
    round->places = arena_alloc(count * sizeof *round->places);
    for (size_t i = 0; round->places && i < count; i++)
        round->places[i] = (struct watched){.tid = tids[i]};
    round->count = round->places ? count : 0;
    return complete && round->places;
}

static void sample_self(const struct round *round, struct watched *place)
{
    struct cfi_frame frame;
    place->self = true;
    place->seen = true;
    if (round->search->with_caller && stack_interrupted(&place->at))
        return;
    place->at.sp = round->search->caller_stack;
    if (!place->at.sp && round->search->with_caller && caller_stack_frame(&frame))
        place->at.sp = frame.slot ? frame.slot : frame.registers[CFI_SP];
}

/* The pauses are shared by all that run. */
static void sample_all(struct round *round)
{
    pid_t self = sys_gettid();
    size_t left = round->count;
    for (unsigned i = 0; i < STACK_SAMPLES && left > 0; i++) {
        if (i)
            clock_pause_us(STACK_PAUSE_US);
        left = 0;
        for (size_t k = 0; k < round->count; k++) {
            struct watched *place = &round->places[k];
            if (place->seen)
                continue;
            if (place->tid == self)
                sample_self(round, place);
            else
                place->seen = stack_sample_once(place->tid, &place->at);
            left += !place->seen && sys_thread_alive(place->tid);
        }
    }
    stack_gaps.running += (unsigned)left;
    round->complete &= left == 0;
}

/* A stack that is not the one that the thread was given: one of a coroutine, of a signal handler.
 */
static uintptr_t foreign_end(struct round *round, uintptr_t sp)
{
    if (!round->have_maps && !maps_read(&round->maps))
        return sp;
    round->have_maps = true;
    const struct mapping *mapping = maps_find(&round->maps, sp);
    if (!mapping)
        return sp;
    return mapping->end - sp < FOREIGN_MAX ? mapping->end : sp + FOREIGN_MAX;
}

static uintptr_t stack_end(struct round *round, const struct watched *place)
{
    uintptr_t sp = place->at.sp;
    if (sp < place->end && place->end - sp < STACK_MAX)
        return place->end;
    return foreign_end(round, sp);
}

/* Calls `visit` for each word in [start, end) that lies in one of the modules, until it is true, or
 * until one cannot be read. Returns where that was. */
static uintptr_t each_word(struct round *round, uintptr_t start, uintptr_t end,
                           bool (*visit)(uintptr_t slot, uintptr_t word, void *data), void *data)
{
    const uintptr_t *words;
    for (size_t n; start < end && (n = view_words(round->view, start, end - start, &words)) > 0;
         start += n * WORD)
        for (size_t i = 0; i < n; i++)
            if (ranges_find(round->search->ranges, words[i]) &&
                visit(start + i * WORD, words[i], data))
                return start + i * WORD;
    return start;
}

static bool note_word(uintptr_t slot, uintptr_t word, void *data)
{
    *(bool *)data = true;
    return false;
}

/* Sets whether any word on the stack leads into the modules. Returns the stack's end. */
static uintptr_t survey(struct round *round, const struct watched *place, bool *any)
{
    uintptr_t end = stack_end(round, place);
    uintptr_t reached = each_word(round, place->at.sp, end, note_word, any);
    if (place->end && (end != place->end || reached < end))
        stack_gaps.elsewhere++; /* something unmapped lies between */
    return reached;
}

static struct module *module_of(const struct round *round, uintptr_t pc, bool exact)
{
    const struct range *range = ranges_find(round->search->ranges, exact ? pc : pc - 1);
    return range && module_is_code(range->module, exact ? pc : pc - 1) ? range->module : NULL;
}

/* The frames for the report, without ours; an address in the range of a module that is unmapped by
 * now belongs to it. */
static struct stack *make_stack(const struct round *round)
{
    uintptr_t pcs[UNWIND_MAX] = {0};
    unsigned count = 0;
    for (unsigned i = 0; i < round->frames.count && count < UNWIND_MAX; i++) {
        const struct module *module = modules_find(round->frames.list[i].pc - 1);
        if (!module || !module->is_shim)
            pcs[count++] = round->frames.list[i].pc;
    }
    struct stack *stack = stack_make(pcs, count);
    for (unsigned i = 0; stack && i < count; i++)
        if (!stack->frames[i].module)
            stack->frames[i].module = module_ref(module_of(round, pcs[i], i == 0));
    return stack;
}

static const struct thread *find_thread_locked(pid_t tid)
{
    const struct thread *thread = threads;
    while (thread && atomic_load(&thread->tid) != tid)
        thread = thread->next;
    return thread;
}

static void apply(struct round *round, const struct passage *passage)
{
    bool closing = round->search->closing;
    if (!passage_is_of_module(passage, closing))
        return;
    passage_take_note(passage, !closing);
    round->occupied = true;
    round->passed = passage->module;
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    found_apply(&(struct subject){.class = &frame_class,
                                  .closing = closing,
                                  .frame = {.passage = passage,
                                            .thread = find_thread_locked(passage->tid)}},
                &round->found);
    lock_release(&registry_lock);
}

static bool is_in_ranges(uintptr_t address, const void *ranges)
{
    return ranges_find(ranges, address) != NULL;
}

/* The address is in a module, and the thread stood still while that was found out. */
static bool find_wait(struct round *round, const struct watched *place, struct passage *passage)
{
    struct thread_stack again;
    uintptr_t address;
    if (!wait_find(&place->at, is_in_ranges, round->search->ranges, &address))
        return false;
    passage->module = ranges_find(round->search->ranges, address)->module;
    passage->pc = address;
    passage->slot = (uintptr_t)place->at.call;
    passage->unmapped = !is_readable(address);
    if (place->self)
        return true;
    return stack_sample_once(place->tid, &again) && again.call == place->at.call &&
           again.sp == place->at.sp &&
           wait_find(&again, is_in_ranges, round->search->ranges, &address) &&
           address == passage->pc;
}

/* A thread with a return address into the module has a finding that says more. */
static void check_wait(struct round *round, const struct watched *place)
{
    struct passage passage = {.tid = place->tid};
    bool closing = round->search->closing;
    if (!find_wait(round, place, &passage) || passage.module == round->passed ||
        !passage_is_of_module(&passage, closing))
        return;
    passage_take_note(&passage, !closing);
    round->occupied = true;
    round->passed = passage.module;
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    found_apply(&(struct subject){.class = &wait_class,
                                  .closing = closing,
                                  .wait = {.passage = &passage,
                                           .thread = find_thread_locked(place->tid),
                                           .call = place->at.call}},
                &round->found);
    lock_release(&registry_lock);
}

/* The innermost frame of each module. */
static bool is_first_of(const struct round *round, unsigned at, const struct module *module)
{
    for (unsigned i = 0; i < at; i++)
        if (module_of(round, round->frames.list[i].pc, i == 0) == module)
            return false;
    return true;
}

static void apply_frames(struct round *round, const struct watched *place)
{
    struct stack *stack = make_stack(round);
    for (unsigned i = 0; i < round->frames.count; i++) {
        uintptr_t pc = round->frames.list[i].pc;
        struct module *module = module_of(round, pc, i == 0 && !place->self);
        if (module && is_first_of(round, i, module))
            apply(round, &(struct passage){.tid = place->tid,
                                           .module = module,
                                           .pc = pc,
                                           .slot = round->frames.list[i].slot,
                                           .certain = true,
                                           .unmapped = round->unmapped[i],
                                           .stack = stack});
    }
    stack_free(stack);
}

struct beyond {
    struct round *round;
    const struct watched *place;
};

/* True if the frame that the word returns into leads to another call: then the word is a return
 * address, perhaps a stale one. */
static bool leads_on(uintptr_t slot, uintptr_t word)
{
    struct cfi_frame frame = frame_of_sample(slot + WORD, word);
    frame.exact = false;
    if (!prologue_is_after_call(word))
        return false;
    enum cfi_outcome outcome = cfi_step(&frame);
    if (outcome == CFI_NO_REGISTER && prologue_find_frame_pointer(&frame))
        outcome = cfi_step(&frame);
    return outcome == CFI_STEPPED && prologue_is_after_call(frame.pc);
}

/* The first such word is enough. After the unmapping the code before the address cannot be read:
 * only a word that was noted earlier counts. */
static bool apply_word(uintptr_t slot, uintptr_t word, void *data)
{
    const struct beyond *beyond = data;
    struct round *round = beyond->round;
    struct passage passage = {.tid = beyond->place->tid,
                              .module = module_of(round, word, false),
                              .pc = word,
                              .slot = slot};
    if (!passage.module || !is_first_of(round, round->frames.count, passage.module) ||
        !(round->search->closing ? leads_on(slot, word) : passage_is_noted(&passage)))
        return false;
    passage.stack = make_stack(round);
    apply(round, &passage);
    stack_free(passage.stack);
    return true;
}

/* While the thread stands still: memory there may be unmapped after the thread continues. */
static void find_unmapped(struct round *round)
{
    for (unsigned i = 0; i < round->frames.count; i++) {
        uintptr_t pc = round->frames.list[i].pc;
        round->unmapped[i] = ranges_find(round->search->ranges, pc - 1) && !is_readable(pc - 1);
    }
}

static bool walk(struct round *round, struct watched *place)
{
    struct cfi_frame frame = frame_of_sample(place->at.sp, place->at.pc);
    struct thread_stack again;
    if (place->self) {
        if (caller_stack_frame(&frame))
            frames_walk(frame, &round->frames);
        find_unmapped(round);
        return true;
    }
    for (unsigned i = 0; i < STACK_SAMPLES; i++) {
        frames_walk(frame_of_sample(place->at.sp, place->at.pc), &round->frames);
        find_unmapped(round);
        if (!stack_sample(place->tid, &again))
            break;
        if (again.sp == place->at.sp && again.pc == place->at.pc)
            return true;
        place->at = again;
    }
    return false;
}

/* Of the calling thread all registers are known: unwinding is quicker, and most words are stale. */
static bool caller_may_be_there(const struct round *round)
{
    uintptr_t pcs[UNWIND_MAX];
    size_t count = caller_stack_walk(pcs, UNWIND_MAX);
    bool found = count == UNWIND_MAX;
    for (size_t i = 0; i < count && !found; i++)
        found = ranges_find(round->search->ranges, pcs[i] - 1) != NULL;
    return found;
}

static void check_place(struct round *round, struct watched *place)
{
    bool any = !place->self && module_of(round, place->at.pc, true);
    uintptr_t end = survey(round, place, &any);
    if (!any || (place->self && !caller_may_be_there(round)))
        return;
    round->frames.count = 0;
    round->frames.complete = true;
    if (!walk(round, place)) {
        bool ended = !sys_thread_alive(place->tid);
        stack_gaps.running += !ended;
        round->complete &= ended;
        return;
    }
    apply_frames(round, place);
    struct beyond beyond = {round, place};
    if (!round->frames.complete)
        each_word(round, round->frames.rest, end, apply_word, &beyond);
}

/* A thread that was started with a stack in the module is among the registrations. */
static bool is_on_module(struct round *round, const struct watched *place)
{
    uintptr_t sp = place->at.sp;
    const struct range *range = ranges_find(round->search->ranges, sp);
    if (!range || place->was_given)
        return range;
    struct passage passage = {.tid = place->tid,
                              .module = range->module,
                              .pc = sp,
                              .certain = true,
                              .unmapped = !is_readable(sp),
                              .stack_at = PLACE_IMAGE};
    apply(round, &passage);
    return true;
}

static void check_thread(struct round *round, struct watched *place)
{
    round->passed = NULL;
    if (place->seen && place->at.sp && (round->search->with_caller || !place->self)) {
        if (!is_on_module(round, place))
            check_place(round, place);
        check_wait(round, place);
    }
    round->occupied |= found_mutexes(&(struct mutex_check){.tid = place->tid,
                                                           .ranges = round->search->ranges,
                                                           .closing = round->search->closing,
                                                           .passed = round->passed},
                                     &round->found);
}

static bool prepare(struct round *round)
{
    static struct view view; /* kept */
    round->complete = list_threads(round);
    stack_gaps.missed += !round->complete;
    if (!view.buffer && !view_open(&view, false))
        return false;
    round->view = &view;
    find_ends(round);
    sample_all(round);
    return true;
}

static void release(struct round *round)
{
    arena_free(round->places, round->count * sizeof *round->places);
    if (round->have_maps)
        maps_free(&round->maps);
}

enum stacks_seen rules_check_stacks(const struct stacks_search *search, rules_sink *sink,
                                    void *data)
{
    static struct round round; /* too much for a small stack */
    memset(&round, 0, sizeof round);
    round.search = search;
    round.found.known = search->known;
    bool ready = prepare(&round);
    stack_gaps.missed += !ready;
    for (size_t i = 0; ready && i < round.count; i++)
        check_thread(&round, &round.places[i]);
    release(&round);
    found_hand_on(&round.found, sink, data);
    if (!round.complete)
        return STACKS_INCOMPLETE;
    return round.occupied ? STACKS_OCCUPIED : STACKS_CLEAR;
}
