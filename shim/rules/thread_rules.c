// SPDX-License-Identifier: MIT
/* Live threads. */
#include "modules/symbols.h"
#include "ownership/frame_json.h"
#include "registry/libc_state.h"
#include "registry/threads.h"
#include "rules/passages.h"
#include "rules/paths.h"
#include "rules/retained.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"
#include "scan/target.h"

#include <string.h>

static void copy_thread(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread.thread;
    finding->tid = atomic_load(&thread->tid);
    finding->function = thread->routine;
    module_ref(thread->routine.module);
    finding->thread.via = thread->via;
    module_ref(thread->via.module);
    finding->owner = module_ref(thread->routine.module);
    finding->requester = module_ref(thread->requester);
    finding->thread.detached = atomic_load(&thread->detached);
    finding->address = thread->argument;
    finding->stack = stack_copy(thread->stack);
}

static void say_routine(const struct finding *finding, struct text *message)
{
    word_function(message, &finding->function);
    text_add(message, ", its start routine");
    if (finding->thread.via.pc) {
        char name[SYMBOL_MAX];
        const struct frame *via = &finding->thread.via;
        text_add(message, ", by way of ");
        if (via->module && !symbol_find(via->module, via->pc, name))
            word_identity(message, via->module);
        else
            word_function(message, via);
    }
}

static bool is_of_future(const struct finding *finding)
{
    char name[SYMBOL_MAX];
    return finding->function.module &&
           symbol_find(finding->function.module, finding->function.pc, name) &&
           strstr(name, "St13__future_base");
}

static const char *waiting_call(const struct finding *finding)
{
    static const struct {
        const char *starts, *waits;
    } calls[] = {
        {"NSt6thread15_M_start_thread", "join() of its std::thread"},
        {"g_thread_new", "g_thread_join"},
        {"g_thread_try_new", "g_thread_join"},
        {"_ZN7QThread5start", "wait() of its QThread"},
    };
    if (is_of_future(finding))
        return "wait() of its std::future";
    if (words_is_rust(finding))
        return "join() of its JoinHandle";
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
        if (words_stack_names(finding->stack, calls[i].starts))
            return calls[i].waits;
    return "pthread_join";
}

/* A thread that is detached cannot be joined. */
static void advise_join(const struct finding *finding, struct text *fix)
{
    text_add(fix, finding->thread.detached ? "Leave the thread joinable, not detached; stop it"
                                           : "Stop the thread");
    text_printf(fix, " and wait for its end with %s", waiting_call(finding));
    word_undo(fix, finding);
}

static bool is_closing(const struct subject *subject)
{
    return subject->closing && subject->thread.thread->routine.module == subject->candidate;
}

static bool runs_what_is_left(const struct subject *subject)
{
    return !subject->retained &&
           (is_closing(subject) || module_is_left(subject->thread.thread->routine.module));
}

static bool match_thread_routine(const struct subject *subject, struct finding *finding)
{
    struct module *module = subject->thread.thread->routine.module;
    if (!runs_what_is_left(subject))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = SEVERITY_ERROR;
    finding->pending = is_closing(subject);
    finding->module = module_ref(module);
    copy_thread(subject, finding);
    return true;
}

static void explain_thread_routine(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_add(&message->cause, " still runs ");
    say_routine(finding, &message->cause);
    if (!finding->object.closed)
        text_add(&message->consequence, "As soon as the thread runs or returns to code of the "
                                        "module, which is unmapped, the process dies");
    if (word_end_of_threads(&message->fix, finding->function.module))
        return;
    advise_join(finding, &message->fix);
}

/* The library whose code the thread runs made the block itself, on behalf of the module: its own
 * record of the thread (GLib's GThread), which it frees. */
static bool is_record_of_starter(const struct thread *thread, const struct target *target)
{
    const struct module *maker = target->site ? target->site->owner.module : NULL;
    return maker && maker == thread->routine.module && !module_is_left(maker);
}

/* The block that the thread was given is the module's. */
static bool was_given_block(const struct subject *subject)
{
    const struct thread *thread = subject->thread.thread;
    const struct target *target = subject->thread.target;
    return target && target->kind == TARGET_BLOCK && thread->argument_site == target->block.site &&
           !is_record_of_starter(thread, target);
}

/* Where both kinds apply, thread-routine says more. */
static bool was_given_what_is_left(const struct subject *subject)
{
    const struct thread *thread = subject->thread.thread;
    if (runs_what_is_left(subject))
        return false;
    if (subject->retained)
        return !module_is_unloaded(thread->routine.module);
    return module_is_left(thread->argument_image) || was_given_block(subject);
}

/* The argument leads to the module through blocks that nothing else reaches. */
static void copy_retained_argument(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread.thread;
    struct stack *stack = stack_copy(thread->stack);
    retained_copy(subject->retained, finding);
    bool image = finding->place == PLACE_IMAGE;
    finding->verdict = image ? VERDICT_DANGLING : VERDICT_HELD;
    finding->severity = image ? SEVERITY_ERROR : SEVERITY_WARNING;
    if (image && retained_is_doubtful(subject->retained))
        finding->severity = SEVERITY_NOTE;
    finding->tid = atomic_load(&thread->tid);
    finding->function = thread->routine;
    module_ref(thread->routine.module);
    finding->thread.via = thread->via;
    module_ref(thread->via.module);
    finding->thread.detached = atomic_load(&thread->detached);
    finding->address = thread->argument;
    stack_free(finding->stack);
    finding->stack = stack;
}

static bool match_thread_argument(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread.thread;
    const struct target *target = subject->thread.target;
    bool image = module_is_left(thread->argument_image);
    if (!was_given_what_is_left(subject))
        return false;
    if (subject->retained) {
        copy_retained_argument(subject, finding);
        return true;
    }
    finding->verdict = image ? VERDICT_DANGLING : VERDICT_HELD;
    finding->severity = image ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->place = image ? PLACE_IMAGE : PLACE_BLOCK;
    finding->module = module_ref(image ? thread->argument_image : target->module);
    finding->bytes = image ? 0 : target->block.size;
    copy_thread(subject, finding);
    return true;
}

static void explain_thread_argument(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_add(&message->cause, ", which runs ");
    say_routine(finding, &message->cause);
    text_printf(&message->cause, ", was given %lx as its argument, ",
                (unsigned long)finding->address);
    if (finding->path) {
        word_through(&message->cause, finding);
    } else if (finding->place == PLACE_IMAGE) {
        text_add(&message->cause, "the address of ");
        word_in_image(&message->cause, finding);
    } else {
        word_bytes(&message->cause, finding->bytes);
        text_add(&message->cause, " that the module made");
    }
    if (!finding->object.closed)
        text_add(
            &message->consequence,
            finding->place == PLACE_IMAGE
                ? "If the thread reads it again, it reads unmapped memory, and the process dies"
                : "Nobody frees the block as long as the thread needs it, and nobody is left "
                  "who knows when that ends");
    advise_join(finding, &message->fix);
    text_add(&message->fix, "; or give the thread memory that outlives the module");
}

/* Its stack was the module's, and is not there any more. */
static bool has_lost_stack(const struct thread *thread)
{
    const struct registration *stack =
        registration_by_identity_locked(REGISTERED_THREAD_STACK, thread->serial);
    return stack && module_is_unloaded(stack->image) && registration_is_live(stack);
}

/* A thread that is in the module has a finding of its own. */
static bool match_thread_requested(const struct subject *subject, struct finding *finding)
{
    const struct thread *thread = subject->thread.thread;
    if (subject->retained || !module_is_left(thread->requester) ||
        module_is_left(thread->routine.module) || was_given_what_is_left(subject) ||
        has_lost_stack(thread) || passage_is_inside(atomic_load(&thread->tid), thread->requester))
        return false;
    finding->verdict = VERDICT_HELD;
    finding->severity = SEVERITY_NOTE;
    finding->module = module_ref(thread->requester);
    copy_thread(subject, finding);
    return true;
}

static void explain_thread_requested(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_add(&message->cause, ", which ");
    word_module(&message->cause, finding->owner);
    text_add(&message->cause, " started on its behalf, still runs ");
    say_routine(finding, &message->cause);
    text_add(&message->consequence,
             "The thread's code is still mapped, so the thread does no harm; but if it "
             "serves this module alone, the module has forgotten to stop it");
    if (word_end_of_threads(&message->fix, finding->owner))
        return;
    text_add(&message->fix, "Call what stops this service of ");
    word_identity(&message->fix, finding->owner);
    word_undo(&message->fix, finding);
    text_add(&message->fix, "; or, if other modules use the thread, too, start it from the host "
                            "before any module needs it");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->thread.serial = subject->thread.thread->serial;
}

static bool is_ignored(const struct subject *subject)
{
    return subject->thread.thread->ignored;
}

static void still_holds(const struct object *object, const char **how)
{
    const struct thread *thread = thread_by_serial_locked(object->thread.serial);
    struct heap_block block;
    if (!thread || !thread_is_live(thread))
        *how = "the thread ended";
    else if (object->kind == KIND_THREAD_ARGUMENT && thread->argument_site &&
             (!heap_find(thread->argument, &block) || block.site != thread->argument_site))
        *how = "the argument was freed";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    subject_thread(text, finding);
    json_frame_member(text, "function", &finding->function);
    json_frame_member(text, "via", &finding->thread.via);
    subject_address(text, finding, "argument");
}

static void release(struct finding *finding)
{
    module_unref(finding->thread.via.module);
}

const struct object_class thread_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .release = release,
    .is_of_running_thread = true,
};

/* A thread that continues in a stopped plug-in is a mistake, even if the code stays; unless the
 * module was made to stay, which keeps its threads safe. */
const struct rule rule_THREAD_ROUTINE = {&thread_class, match_thread_routine,
                                         explain_thread_routine, CLOSED_WARNING};
const struct rule rule_THREAD_ARGUMENT = {&thread_class, match_thread_argument,
                                          explain_thread_argument, CLOSED_WARNING};
const struct rule rule_THREAD_REQUESTED = {&thread_class, match_thread_requested,
                                           explain_thread_requested, CLOSED_NOTE};
