// SPDX-License-Identifier: MIT
/* Stacks of other threads: where they are in use, and which modules have frames on them. */
#include "base/guard.h"
#include "base/sys.h"
#include "registry/heap.h"
#include "rules/rule.h"
#include "rules/stack_search.h"
#include "scan/stacks.h"
#include "support.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

static struct plugin plugin;
static sem_t there, go_on;
static _Atomic pid_t tid;
static _Atomic bool stop;

static void wait_for_it(void *data)
{
    sem_post(&there);
    sem_wait(&go_on);
}

static void run_for_it(void *data)
{
    sem_post(&there);
    while (!stop)
        ;
}

static void *body(void *what)
{
    tid = sys_gettid();
    if (what == plugin.call)
        plugin.call(wait_for_it, NULL);
    else if (what == plugin.call_deeper)
        plugin.call_deeper(wait_for_it, NULL);
    else
        ((callback *)what)(NULL);
    return NULL;
}

static pthread_t start(void *what)
{
    pthread_t thread;
    sem_init(&there, 0, 0);
    sem_init(&go_on, 0, 0);
    pthread_create(&thread, NULL, body, what);
    sem_wait(&there);
    struct thread_stack stack;
    while (what != (void *)run_for_it && !stack_sample_once(tid, &stack))
        usleep(1000);
    return thread;
}

/* The kernel ends a thread a little after it can be joined. */
static void end(pthread_t thread)
{
    sem_post(&go_on);
    stop = true;
    pthread_join(thread, NULL);
    while (sys_thread_alive(tid))
        sched_yield();
}

static void prepare(void)
{
    support_start();
    heap_init(true);
    plugin = support_open("plugin");
}

TestSuite(stacks, .init = prepare);

Test(stacks, of_threads_that_wait)
{
    pid_t tids[8];
    bool complete;
    struct thread_stack stack;
    size_t before = stack_threads(tids, 8, &complete); /* the test's own framework may have some */
    cr_assert_eq(stack_is_alone(), before == 1);
    pthread_t thread = start((void *)wait_for_it);
    cr_assert_not(stack_is_alone());
    cr_assert_eq(stack_threads(tids, 8, &complete), before + 1);
    cr_assert(complete);
    cr_assert_eq(tids[before], tid);
    cr_assert_eq(stack_threads(tids, 1, &complete), 1);
    cr_assert_not(complete);
    cr_assert(stack_sample_once(tid, &stack));
    cr_assert_not_null(modules_find(stack.pc));
    end(thread);
    cr_assert_not(stack_sample_once(tid, &stack), "it is gone");
}

Test(stacks, of_threads_that_run)
{
    struct thread_stack stack;
    pthread_t thread = start((void *)run_for_it);
    cr_assert_not(stack_sample(tid, &stack));
    end(thread);
}

static struct ranges ranges;
static struct finding found[8];
static unsigned count;

static void keep(struct finding *finding, void *data)
{
    cr_assert_lt(count, 8);
    found[count++] = *finding;
}

static enum stacks_seen look(bool closing)
{
    struct stacks_search look = {.ranges = &ranges, .closing = closing};
    while (count > 0)
        finding_release(&found[--count]);
    ranges.count = 0;
    ranges_add(&ranges, plugin.module);
    return rules_check_stacks(&look, keep, NULL);
}

Test(stacks, a_thread_in_the_module)
{
    pthread_t thread = start((void *)plugin.call);
    cr_assert_eq(look(true), STACKS_OCCUPIED);
    cr_assert_eq(count, 1);
    cr_assert_eq(found[0].kind, KIND_THREAD_STACK);
    cr_assert_eq(found[0].severity, SEVERITY_ERROR);
    cr_assert(found[0].pending);
    cr_assert_eq(stack_gaps.running + stack_gaps.elsewhere + stack_gaps.missed, 0);
    cr_assert_eq(found[0].tid, tid);
    cr_assert_eq(found[0].module, plugin.module);
    cr_assert_eq(*(uintptr_t *)found[0].object.frame.slot, found[0].function.pc);
    const char *how;
    cr_assert(rules_still_holds(&found[0].object, &how));
    end(thread);
    cr_assert_not(rules_still_holds(&found[0].object, &how));
    cr_assert_str_eq(how, "the thread ended");
    cr_assert_eq(look(true), STACKS_CLEAR);
    cr_assert_eq(count, 0);
}

Test(stacks, a_frame_of_no_fixed_size)
{
    pthread_t thread = start((void *)plugin.call_deeper);
    cr_assert_eq(look(true), STACKS_OCCUPIED);
    cr_assert_eq(found[0].severity, SEVERITY_ERROR);
    end(thread);
}

Test(stacks, a_thread_that_has_left_dead_words)
{
    pthread_t thread = start((void *)wait_for_it);
    sem_post(&go_on);
    pthread_join(thread, NULL);
    plugin.call(wait_for_it, (sem_post(&go_on), NULL));
    thread = start((void *)wait_for_it);
    cr_assert_eq(look(true), STACKS_CLEAR);
    cr_assert_eq(count, 0);
    end(thread);
}

/* Frames that were seen before belong to the unloaded module, also when another one lies there. */
Test(stacks, what_was_left_behind_is_not_the_next_ones)
{
    pthread_t thread = start((void *)plugin.call);
    cr_assert_eq(look(false), STACKS_CLEAR,
                 "something is mapped there, and nobody was seen before");
    cr_assert_eq(look(true), STACKS_OCCUPIED);
    cr_assert_eq(look(false), STACKS_OCCUPIED);
    cr_assert_eq(count, 1);
    cr_assert_not(found[0].pending);
    plugin.module->id++;
    cr_assert_eq(look(true), STACKS_CLEAR, "this is another one, where the first one lay");
    cr_assert_eq(look(false), STACKS_CLEAR);
    plugin.module->id--;
    end(thread);
}

Test(stacks, a_thread_that_runs_is_not_seen)
{
    pthread_t thread = start((void *)run_for_it);
    unsigned before = stack_gaps.running;
    cr_assert_eq(look(true), STACKS_INCOMPLETE);
    cr_assert_gt(stack_gaps.running, before);
    end(thread);
}

static void look_from_inside(void *data)
{
    struct stacks_search look = {
        .ranges = &ranges, .closing = true, .alone = true, .with_caller = *(bool *)data};
    ranges.count = 0;
    ranges_add(&ranges, plugin.module);
    enum stacks_seen seen = rules_check_stacks(&look, keep, NULL);
    cr_assert_eq(seen, *(bool *)data ? STACKS_OCCUPIED : STACKS_CLEAR);
}

Test(stacks, the_calling_thread)
{
    bool with_caller = true;
    plugin.call(look_from_inside, &with_caller);
    cr_assert_eq(count, 1);
    cr_assert_eq(found[0].tid, sys_gettid());
    cr_assert_eq(stack_gaps.elsewhere, 0, "it is its own stack");
    with_caller = false;
    plugin.call(look_from_inside, &with_caller);
    cr_assert_eq(count, 1);
}

static struct message message;

static bool matches(const struct subject *subject, struct finding *finding)
{
    *finding = (struct finding){.kind = KIND_THREAD_STACK};
    message_free(&message);
    bool match = rules[KIND_THREAD_STACK]->match(subject, finding);
    if (match)
        rules_explain(finding, &message);
    return match;
}

Test(stacks, the_rule)
{
    struct module *gone = support_module("gone.so", 1, MODULE_UNLOADED);
    struct passage passage = {
        .tid = 4711, .module = gone, .pc = gone->start + 0x10, .certain = true};
    struct subject subject = {.class = &frame_class, .frame = {.passage = &passage}};
    struct finding finding;
    cr_assert(matches(&subject, &finding));
    cr_assert_eq(finding.verdict, VERDICT_DANGLING);
    cr_assert_eq(finding.severity, SEVERITY_ERROR);
    cr_assert_not_null(
        strstr(text_string(&message.cause), "gone.so was unloaded, and thread 4711"));
    finding_release(&finding);
    passage.certain = false;
    cr_assert(matches(&subject, &finding));
    cr_assert_eq(finding.severity, SEVERITY_WARNING);
    cr_assert_not_null(strstr(text_string(&message.cause), "beyond what can be unwound"));
    finding_release(&finding);
    cr_assert_eq(gone->references, 0);

    struct thread *self = thread_self();
    struct thread thread = {.tid = atomic_load(&self->tid), .seen_to_start = true};
    thread.routine = (struct frame){gone->start, gone};
    subject.frame.thread = &thread;
    cr_assert_not(matches(&subject, &finding), "that is thread-routine");
    thread.ended = true;
    cr_assert(matches(&subject, &finding), "which is over for this one");
    finding_release(&finding);
}
