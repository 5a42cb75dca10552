// SPDX-License-Identifier: MIT
/* Values that tasks leave in their threads. */
#include "base/json.h"
#include "registry/tasks.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"

/* The same place has left values of so many tasks in one thread: keys that each task makes anew. */
enum { GROWING_TASKS = 3 };

/* A library's value for its own key is its own business: a cache of each thread. */
static bool is_librarys_own(const struct key *key, const struct stack *stack)
{
    const struct frame *setter = stack_owner(stack);
    return setter && setter->module->common && setter->module == key->owner;
}

/* The value's owner: the requester of the call that set it. */
static void copy_setter(const struct task_value *left, struct finding *finding)
{
    const struct frame *owner = stack_owner(left->stack);
    const struct frame *requester = stack_requester(left->stack, NULL);
    finding->stack = stack_copy(left->stack);
    finding->owner = module_ref(owner ? owner->module : NULL);
    finding->requester = module_ref(requester ? requester->module : NULL);
    finding->module = module_ref(requester ? requester->module : finding->owner);
}

static bool match_task_value(const struct subject *subject, struct finding *finding)
{
    const struct task_value *left = subject->task.left;
    if (is_librarys_own(subject->task.key, left->stack))
        return false;
    finding->task.tasks =
        subject->task.reader ? 1 : tasks_leaving(subject->task.thread, left->site);
    finding->grows = finding->task.tasks >= GROWING_TASKS;
    finding->verdict = VERDICT_STALE;
    finding->severity = subject->task.reader || finding->grows ? SEVERITY_WARNING : SEVERITY_NOTE;
    finding->tid = atomic_load(&subject->task.thread->tid);
    finding->address = (uintptr_t)atomic_load(&subject->task.value->pointer);
    finding->task.setter = task_ref(left->setter);
    finding->task.reader = task_ref(subject->task.reader);
    finding->task.read_at = frame_at(subject->task.read_at);
    module_ref(finding->task.read_at.module);
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

static void say_reader(struct text *cause, const struct finding *finding)
{
    word_task(cause, finding->task.reader);
    text_add(cause, ", on ");
    word_thread(cause, finding);
    text_printf(cause, ", read %lx from pthread key %u in ", (unsigned long)finding->address,
                finding->object.task.key);
    word_return_address(cause, &finding->task.read_at);
    text_add(cause, ", before it set the value: ");
    word_task(cause, finding->task.setter);
    text_add(cause, " had set it on the same thread and left it there");
}

static void explain_task_value(const struct finding *finding, struct message *message)
{
    word_module(&message->cause, finding->module);
    text_add(&message->cause, ": ");
    if (finding->task.reader) {
        say_reader(&message->cause, finding);
        text_add(&message->consequence, "The data of one task came into the hands of another");
    } else {
        word_task(&message->cause, finding->task.setter);
        text_add(&message->cause, " ended, and ");
        word_thread(&message->cause, finding);
        text_printf(&message->cause,
                    " still has %lx, which the task set, as its value of pthread key %u",
                    (unsigned long)finding->address, finding->object.task.key);
        if (finding->grows)
            text_printf(&message->consequence,
                        "So far %u tasks of this thread have each left a value for a key of their "
                        "own here, and there are only %u keys",
                        finding->task.tasks, (unsigned)KEYS_MAX);
        else
            text_add(&message->consequence, "The next task that this thread serves finds it there");
    }
    text_add(&message->fix,
             "Call pthread_setspecific with NULL before the task ends, or with a new "
             "value before each task reads it");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->task.key = subject->task.number;
    object->task.generation = subject->task.key->generation;
    object->task.thread = subject->task.thread->serial;
    object->task.setter = subject->task.left->setter->serial;
}

static bool is_ignored(const struct subject *subject)
{
    return subject->task.key->ignored;
}

/* A value that came into another task stays a finding; until one begins, it can be undone. */
static void still_holds(const struct object *object, const char **how)
{
    struct thread *thread = thread_by_serial_locked(object->task.thread);
    struct value *value = thread ? thread_value(thread, object->task.key) : NULL;
    if (!thread || !thread->tasks || atomic_load(&thread->tasks->last) != object->task.setter)
        return;
    if (atomic_load(&thread->ended))
        *how = "the thread ended, and served no other task";
    else if (!value_is_current(value, &keys[object->task.key]))
        *how = "the value was cleared before another task began";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_number(text, "key", finding->object.task.key);
    subject_thread(text, finding);
    json_address(text, "address", finding->address);
    json_string(text, "task", finding->task.setter->name);
    if (finding->task.reader)
        json_string(text, "reader", finding->task.reader->name);
    json_number(text, "tasks", finding->task.tasks);
}

static void release(struct finding *finding)
{
    module_unref(finding->task.read_at.module);
    task_unref(finding->task.setter);
    task_unref(finding->task.reader);
}

const struct object_class task_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .release = release,
};

const struct rule rule_TASK_VALUE = {&task_class, match_task_value, explain_task_value,
                                     CLOSED_NOTHING};
