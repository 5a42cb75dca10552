// SPDX-License-Identifier: MIT
/* Values that tasks leave in their threads. */
#include "registry/tasks.h"
#include "rules/rules.h"
#include "rules/words.h"

/* The same place has left values of so many tasks in one thread: keys that each task makes anew. */
enum { GROWING_TASKS = 3 };

/* A library's value for its own key is its own business: a cache of each thread. */
static bool is_librarys_own(const struct key *key, const struct stack *stack)
{
    const struct frame *setter = stack_owner(stack);
    return setter && setter->module->common && setter->module == key->owner;
}

/* Whose value it is: who asked for it to be set. */
static void copy_setter(const struct task_value *left, struct finding *finding)
{
    const struct frame *owner = stack_owner(left->stack);
    const struct frame *requester = stack_requester(left->stack, NULL);
    finding->stack = stack_copy(left->stack);
    finding->owner = module_ref(owner ? owner->module : NULL);
    finding->requester = module_ref(requester ? requester->module : NULL);
    finding->module = module_ref(requester ? requester->module : finding->owner);
}

bool match_task_value(const struct subject *subject, struct finding *finding)
{
    const struct task_value *left = subject->left;
    if (is_librarys_own(subject->key, left->stack))
        return false;
    finding->tasks = subject->reader ? 1 : tasks_leaving(subject->thread, left->site);
    finding->grows = finding->tasks >= GROWING_TASKS;
    finding->verdict = VERDICT_STALE;
    finding->severity = subject->reader || finding->grows ? SEVERITY_WARNING : SEVERITY_NOTE;
    finding->key = subject->number;
    finding->tid = atomic_load(&subject->thread->tid);
    finding->address = (uintptr_t)atomic_load(&subject->value->pointer);
    finding->task = task_ref(left->setter);
    finding->reader = task_ref(subject->reader);
    finding->via = frame_at(subject->read_at);
    module_ref(finding->via.module);
    copy_setter(left, finding);
    return true;
}

static void word_task(struct text *message, const struct task *task)
{
    if (task->name[0])
        text_printf(message, "task \"%s\"", task->name);
    else
        text_printf(message, "task number %lu", (unsigned long)task->serial);
}

static void say_reader(struct text *message, const struct finding *finding)
{
    word_task(message, finding->reader);
    text_add(message, ", on ");
    word_thread(message, finding);
    text_printf(message, ", read %lx from pthread key %u before it set it, in ",
                (unsigned long)finding->address, finding->key);
    word_return_address(message, &finding->via);
    text_add(message, ": that is what ");
    word_task(message, finding->task);
    text_add(message,
             " had set before on the same thread, and left there. What belongs to one task "
             "came into another one's hands. ");
}

void explain_task_value(const struct finding *finding, struct text *message)
{
    word_module(message, finding->module);
    text_add(message, ": ");
    if (finding->reader) {
        say_reader(message, finding);
    } else {
        word_task(message, finding->task);
        text_add(message, " ended, and ");
        word_thread(message, finding);
        text_printf(message, " still has %lx, which the task set, as its value of pthread key %u. ",
                    (unsigned long)finding->address, finding->key);
        if (finding->grows)
            text_printf(message,
                        "So far %u tasks of this thread have each left a value for a key of "
                        "their own here, and there are only %u keys. ",
                        finding->tasks, (unsigned)KEYS_MAX);
        else
            text_add(message, "The next task that this thread serves finds it there. ");
    }
    text_add(message, "Set the value to NULL before the task ends, or set it anew before each task "
                      "reads it.");
}
