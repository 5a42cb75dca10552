// SPDX-License-Identifier: MIT
/* Threads that execute code of a module, or will return into it. */
#include "base/json.h"
#include "base/own_stack.h"
#include "base/sys.h"
#include "ownership/frame_json.h"
#include "registry/threads.h"
#include "rules/rule.h"
#include "rules/stack_search.h"
#include "rules/subject_json.h"
#include "rules/words.h"
#include "scan/stacks.h"

/* The kind thread-routine reports the same with more detail. */
static bool runs_its_routine(const struct thread *thread, const struct module *module)
{
    return thread && thread->seen_to_start && thread->routine.module == module &&
           thread_is_live(thread);
}

/* Allocated memory has no name in the module. */
static void set_memory_of_stack(const struct passage *passage, struct finding *finding)
{
    finding->address = passage->pc;
    finding->place = passage->stack_at;
    if (passage->stack_at == PLACE_BLOCK) {
        module_unref(finding->function.module);
        finding->function = (struct frame){0};
    }
}

static bool match_thread_stack(const struct subject *subject, struct finding *finding)
{
    const struct passage *passage = subject->frame.passage;
    if (runs_its_routine(subject->frame.thread, passage->module))
        return false;
    passage_describe(passage, finding);
    finding->severity = passage->certain ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->pending = subject->closing;
    finding->frame.unwound = passage->certain;
    if (passage->stack_at)
        set_memory_of_stack(passage, finding);
    finding->stack = stack_copy(passage->stack);
    return true;
}

static void explain_memory_of_stack(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_add(&message->cause, " has its stack in memory of the module, at ");
    if (finding->place == PLACE_IMAGE)
        word_in_image(&message->cause, finding);
    else
        text_printf(&message->cause, "%lx, which the module allocated and which was released",
                    (unsigned long)finding->address);
    text_add(&message->consequence,
             finding->place == PLACE_IMAGE
                 ? "The thread's next instruction that uses its stack kills the process"
                 : "The thread and whoever has this memory next write over each other's data");
    text_add(&message->fix, "End the thread, and wait for its end with pthread_join, or have it "
                            "leave this stack,");
    word_undo(&message->fix, finding);
}

static void explain_thread_stack(const struct finding *finding, struct message *message)
{
    bool unwound = finding->frame.unwound;
    if (finding->place != PLACE_NONE) {
        explain_memory_of_stack(finding, message);
        return;
    }
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_add(&message->cause,
             unwound ? " has not returned from it: on its stack is a call that returns to "
                     : " seems not to have returned from it: on its stack, beyond what can be "
                       "unwound, is the "
                       "return address ");
    word_return_address(&message->cause, &finding->function);
    text_add(&message->consequence,
             unwound ? "The thread will return into unmapped memory, and the process dies"
                     : "Unless the address is left over from a call that is over, the thread will "
                       "return into unmapped memory, and the process dies");
    text_add(&message->fix, "Wait before dlclose until every thread has returned from ");
    word_identity(&message->fix, finding->module);
    text_add(&message->fix, "; code of the module must not close the module itself");
}

static void identify(const struct subject *subject, struct object *object)
{
    const struct passage *passage = subject->frame.passage;
    object->frame.tid = passage->tid;
    object->frame.slot = passage->slot;
    object->frame.pc = passage->pc;
}

static bool lies_there(uintptr_t slot, uintptr_t wanted)
{
    uintptr_t word;
    return sys_copy_memory((const void *)slot, &word, sizeof word) == (ssize_t)sizeof word &&
           word == wanted;
}

/* The thread was started with this stack. */
static bool has_stack(pid_t tid, uintptr_t stack)
{
    const struct registration *each = registrations[REGISTERED_THREAD_STACK];
    for (; each; each = each->next) {
        const struct thread *thread = thread_by_serial_locked(each->identity);
        if (each->data == stack && thread && atomic_load(&thread->tid) == tid)
            return true;
    }
    return false;
}

/* A thread that runs just now may still return there: the word is on its stack. Without a word it
 * is the thread's own register, or its stack as a whole. */
static void still_holds(const struct object *object, const char **how)
{
    pid_t tid = object->frame.tid;
    struct thread_stack stack = {.sp = (uintptr_t)__builtin_frame_address(0)};
    bool self = tid == sys_gettid();
    own_stack_to_program_own(&stack.sp);
    if (!self && !sys_thread_alive(tid)) {
        *how = "the thread ended";
        return;
    }
    bool sampled = self || stack_sample_once(tid, &stack);
    bool is_on = object->frame.slot
                     ? lies_there(object->frame.slot, object->frame.pc) &&
                           (!sampled || stack.sp <= object->frame.slot)
                     : !sampled || self || stack.pc == object->frame.pc ||
                           stack.sp == object->frame.pc || has_stack(tid, object->frame.pc);
    if (!is_on)
        *how = "the thread is not there any more";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    subject_thread(text, finding);
    if (finding->place != PLACE_NONE) {
        subject_address(text, finding, "address");
        return;
    }
    json_member(text, "returns_to");
    json_frame(text, &finding->function, 1);
    if (finding->object.frame.slot)
        json_address(text, "slot", finding->object.frame.slot);
    text_printf(text, ",\"unwound\":%s", finding->frame.unwound ? "true" : "false");
}

static uintptr_t word(const struct object *object)
{
    return object->frame.pc;
}

const struct object_class frame_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .stack_varies = true,
    .is_of_running_thread = true,
    .unconfirmed = "after the unmapping the thread was not seen there",
    .word = word,
};

const struct rule rule_THREAD_STACK = {&frame_class, match_thread_stack, explain_thread_stack,
                                       CLOSED_NOTHING};
