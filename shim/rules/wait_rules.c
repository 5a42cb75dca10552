// SPDX-License-Identifier: MIT
/* Threads that wait in the kernel with memory of a module. */
#include "base/json.h"
#include "base/sys.h"
#include "ownership/frame_json.h"
#include "registry/async_io.h"
#include "registry/threads.h"
#include "rules/passages.h"
#include "rules/path_json.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"
#include "scan/waits.h"

/* The kind thread-routine reports the same with more detail; and of a thread of libc that works on
 * asynchronous I/O, the kind async-io. */
static bool runs_its_routine(const struct thread *thread, const struct module *module)
{
    return thread && thread->seen_to_start && thread->routine.module == module &&
           thread_is_live(thread);
}

static bool match_thread_blocked(const struct subject *subject, struct finding *finding)
{
    const struct passage *passage = subject->wait.passage;
    if (runs_its_routine(subject->wait.thread, passage->module) ||
        async_io_has_buffer_locked(passage->pc))
        return false;
    passage_describe_data(passage, finding);
    finding->severity = wait_is_futex(subject->wait.call) ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->pending = subject->closing;
    return true;
}

static void explain_thread_blocked(const struct finding *finding, struct message *message)
{
    long call = finding->object.wait.call;
    bool is_futex = wait_is_futex(call);
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    if (is_futex)
        text_add(&message->cause, " waits for a semaphore, a mutex or a condition variable (futex) "
                                  "of the module, ");
    else
        text_printf(&message->cause, " waits in %s with a buffer of the module, ", wait_name(call));
    word_function(&message->cause, &finding->function);
    text_add(&message->consequence,
             is_futex
                 ? "When the wait ends, the thread reads and writes there, in unmapped memory, "
                   "and the process dies"
                 : "When the wait ends, the call fails with EFAULT, or the kernel writes over "
                   "what lies there by then");
    text_add(&message->fix,
             is_futex ? "Wake every thread that waits there (sem_post, pthread_cond_broadcast, "
                        "pthread_mutex_unlock), and wait until they have returned, before dlclose"
                      : "End the call before dlclose, or give it memory that outlives the module");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->wait.tid = subject->wait.passage->tid;
    object->wait.call = subject->wait.call;
    object->wait.address = subject->wait.passage->pc;
}

static bool is_address(uintptr_t address, const void *wanted)
{
    return address == *(const uintptr_t *)wanted;
}

static bool is_still_there(const struct object *object, const struct thread_stack *at)
{
    uintptr_t found;
    return at->call == object->wait.call &&
           wait_find(at, is_address, &object->wait.address, &found);
}

/* A thread that returns from a wait for a futex in unmapped memory dies: one that runs just now was
 * only interrupted. */
static void still_holds(const struct object *object, const char **how)
{
    struct thread_stack stack;
    if (!sys_thread_alive(object->wait.tid))
        *how = "the thread ended";
    else if (stack_sample(object->wait.tid, &stack) ? !is_still_there(object, &stack)
                                                    : !wait_is_futex(object->wait.call))
        *how = "the thread does not wait there any more";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    subject_thread(text, finding);
    json_string(text, "call", wait_name(finding->object.wait.call));
    subject_address(text, finding, "address");
    json_string(text, "target", target_names[finding->target]);
    json_frame_member(text, "function", &finding->function);
}

static uintptr_t word(const struct object *object)
{
    return object->wait.address;
}

const struct object_class wait_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .unconfirmed = "after the unmapping the thread was not seen to wait there",
    .word = word,
};

const struct rule rule_THREAD_BLOCKED = {&wait_class, match_thread_blocked, explain_thread_blocked,
                                         CLOSED_NOTHING};
