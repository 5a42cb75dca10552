// SPDX-License-Identifier: MIT
#include "registry/tasks.h"
#include "base/dropped.h"

#include <string.h>

static _Atomic uint64_t last_serial;

static struct tasks *own_tasks(void)
{
    struct thread *thread = thread_self();
    if (thread && !thread->tasks)
        thread->tasks = arena_alloc(sizeof *thread->tasks);
    return thread ? thread->tasks : NULL;
}

/* Does not cut a UTF-8 character in two. */
static void copy_name(char *to, const char *name)
{
    size_t length = strlen(name);
    if (length >= TASK_NAME_MAX)
        length = TASK_NAME_MAX - 1;
    while (length > 0 && (name[length] & 0xc0) == 0x80)
        length--;
    memcpy(to, name, length);
    to[length] = '\0';
}

bool task_begin_decides(void)
{
    const struct tasks *tasks = guard.self ? guard.self->tasks : NULL;
    return tasks && tasks->depth == 0 && tasks->has_reported;
}

void task_begin(const char *name)
{
    struct tasks *tasks = own_tasks();
    struct task *task = tasks && tasks->depth == 0 ? arena_alloc(sizeof *task) : NULL;
    if (!tasks) {
        drop(DROP_VALUE);
        return;
    }
    tasks->depth++;
    if (!task)
        return;
    task->serial = atomic_fetch_add(&last_serial, 1) + 1;
    task->references = 1;
    copy_name(task->name, name ? name : "");
    tasks->current = task;
    tasks->has_reported = false;
    atomic_store(&tasks->last, task->serial);
}

bool task_ends(void)
{
    struct tasks *tasks = guard.self ? guard.self->tasks : NULL;
    return tasks && tasks->depth > 0 && --tasks->depth == 0 && tasks->current;
}

void task_over(void)
{
    struct tasks *tasks = guard.self->tasks;
    task_unref(tasks->current);
    tasks->current = NULL;
}
