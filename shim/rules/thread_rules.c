// SPDX-License-Identifier: MIT
/* Live threads. */
#include "rules/paths.h"
#include "rules/rules.h"
#include "rules/words.h"

static void copy_thread(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread;
    finding->tid = atomic_load(&thread->tid);
    finding->function = thread->routine;
    module_ref(thread->routine.module);
    finding->via = thread->via;
    module_ref(thread->via.module);
    finding->owner = module_ref(thread->routine.module);
    finding->requester = module_ref(thread->requester);
    finding->address = thread->argument;
    finding->stack = stack_copy(thread->stack);
}

static void say_routine(const struct finding *finding, struct text *message)
{
    word_function(message, &finding->function);
    if (finding->via.pc) {
        text_add(message, ", by way of ");
        word_function(message, &finding->via);
    }
}

/* --- thread-routine
 * ---------------------------------------------------------------------------------------- */

bool match_thread_routine(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->thread->routine.module;
    bool closing = subject->closing && module == subject->candidate;
    if (subject->retained || (!closing && !module_is_left(module)))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = SEVERITY_ERROR;
    finding->pending = closing;
    finding->module = module_ref(module);
    copy_thread(subject, finding);
    return true;
}

void explain_thread_routine(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_thread(message, finding);
    text_add(message, " still runs its start routine ");
    say_routine(finding, message);
    text_add(message,
             ". The module did not stop the thread. It runs, or will return, into unmapped "
             "memory, and the process dies. Tell the thread to stop and pthread_join it before "
             "dlclose.");
}

/* --- thread-argument
 * ----------------------------------------------------------------------------------------- */

/* The argument leads to the module through blocks that nothing else reaches. */
static bool match_retained(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread;
    struct stack *stack = stack_copy(thread->stack);
    copy_retained(subject->retained, finding);
    bool image = finding->place == PLACE_IMAGE;
    finding->verdict = image ? VERDICT_DANGLING : VERDICT_HELD;
    finding->severity = image ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->tid = atomic_load(&thread->tid);
    finding->function = thread->routine;
    module_ref(thread->routine.module);
    finding->via = thread->via;
    module_ref(thread->via.module);
    finding->address = thread->argument;
    stack_free(finding->stack);
    finding->stack = stack;
    return true;
}

/* The library whose code the thread runs made the block itself, on behalf of the module: its own
 * record of the thread (GLib's GThread), which it frees. */
static bool is_record_of_starter(const struct thread *thread, const struct target *target)
{
    const struct module *maker = target->site ? target->site->owner.module : NULL;
    return maker && maker == thread->routine.module && !module_is_left(maker);
}

bool match_thread_argument(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread;
    const struct target *target = subject->target;
    struct finding routine = {0};
    if (match_thread_routine(subject, &routine)) {
        finding_release(&routine);
        return false;
    }
    if (subject->retained)
        return !module_is_unloaded(thread->routine.module) && match_retained(subject, finding);
    bool image = module_is_left(thread->argument_image);
    bool block = target && target->kind == TARGET_BLOCK &&
                 thread->argument_site == target->block.site &&
                 !is_record_of_starter(thread, target);
    if (!image && !block)
        return false;
    finding->verdict = image ? VERDICT_DANGLING : VERDICT_HELD;
    finding->severity = image ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->place = image ? PLACE_IMAGE : PLACE_BLOCK;
    finding->module = module_ref(image ? thread->argument_image : target->module);
    finding->bytes = image ? 0 : target->block.size;
    copy_thread(subject, finding);
    return true;
}

void explain_thread_argument(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_thread(message, finding);
    text_add(message, ", which runs ");
    say_routine(finding, message);
    text_printf(message, ", was given %lx as its argument: ", (unsigned long)finding->address);
    if (finding->path) {
        word_through(message, finding);
    } else if (finding->place == PLACE_IMAGE) {
        text_add(message,
                 "an address in the module's image, which is unmapped. If the thread reads it "
                 "again, the process dies. ");
    } else {
        word_bytes(message, finding->bytes);
        text_add(message,
                 " that the module made and that nobody frees as long as the thread needs it. ");
    }
    text_add(message,
             "Stop the thread before dlclose, or give it memory that outlives the module.");
}

/* --- thread-requested
 * ------------------------------------------------------------------------------------------ */

bool match_thread_requested(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread;
    struct finding other = {0};
    if (subject->retained || !module_is_left(thread->requester) ||
        module_is_left(thread->routine.module))
        return false;
    if (match_thread_argument(subject, &other)) {
        finding_release(&other);
        return false;
    }
    finding->verdict = VERDICT_HELD;
    finding->severity = SEVERITY_NOTE;
    finding->module = module_ref(thread->requester);
    copy_thread(subject, finding);
    return true;
}

void explain_thread_requested(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_thread(message, finding);
    text_add(message, ", which ");
    word_module(message, finding->owner);
    text_add(message, " started on its behalf, lives on in ");
    say_routine(finding, message);
    text_add(message,
             ". That is no harm in itself: the thread's code is still there. If the module should "
             "have stopped a service that it started, it did not; if the thread is a shared one, "
             "start it from the host, before any module needs it.");
}
