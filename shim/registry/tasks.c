// SPDX-License-Identifier: MIT
#include "registry/tasks.h"
#include "base/dropped.h"

#include <string.h>

static _Atomic uint64_t last_serial;

void task_unref(struct task *task)
{
    if (task && atomic_fetch_sub(&task->references, 1) == 1)
        arena_free(task, sizeof *task);
}

static struct tasks *own_tasks(void)
{
    struct thread *thread = thread_self();
    if (thread && !thread->tasks)
        thread->tasks = arena_alloc(sizeof *thread->tasks);
    return thread ? thread->tasks : NULL;
}

/* A character that is cut in two would be no character. */
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
    return tasks && tasks->depth == 0 && tasks->has_told;
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
    tasks->has_told = false;
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

/* --- values
 * --------------------------------------------------------------------------------------------------
 */

static void forget(struct task_value *value)
{
    task_unref(value->setter);
    stack_free(value->stack);
    value->setter = NULL;
    value->stack = NULL;
}

void task_value_set(pthread_key_t key, const void *pointer, uint32_t site)
{
    struct tasks *tasks = guard.self ? guard.self->tasks : NULL;
    if (!tasks || key >= KEYS_MAX)
        return;
    struct task_value *value = &tasks->values[key];
    uint32_t generation = key_generation(key);
    bool same = value->site == site && value->generation == generation;
    forget(value);
    if (!pointer || !tasks->current || guard.ignoring)
        return;
    *value = (struct task_value){
        .setter = task_ref(tasks->current),
        .generation = generation,
        .site = site,
        .told_left = same && value->told_left,
        .told_read = same && value->told_read,
    };
    if (!value->told_left || !value->told_read)
        value->stack = stack_capture(REGISTRY_FRAMES);
}

bool task_value_is_left(struct thread *thread, uint32_t key)
{
    const struct task_value *value = &thread->tasks->values[key];
    const struct value *now = thread_value(thread, key);
    return value->setter && value->generation == key_generation(key) && now &&
           atomic_load(&now->pointer);
}

unsigned tasks_leaving(const struct thread *thread, uint32_t site)
{
    const struct task_value *values = thread->tasks->values;
    unsigned count = 0;
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        if (values[i].site != site || !task_value_is_left((struct thread *)thread, i))
            continue;
        bool is_new = true;
        for (uint32_t k = 0; k < i && is_new; k++)
            is_new = values[k].site != site || values[k].setter != values[i].setter;
        count += is_new;
    }
    return count;
}

void tasks_free(struct tasks *tasks)
{
    for (uint32_t i = 0; tasks && i < KEYS_MAX; i++)
        forget(&tasks->values[i]);
    if (tasks)
        task_unref(tasks->current);
    arena_free(tasks, sizeof *tasks);
}

void tasks_mark_sites(const struct tasks *tasks, struct site_bitmap *bitmap)
{
    for (uint32_t i = 0; tasks && i < KEYS_MAX; i++)
        if (tasks->values[i].site)
            site_mark(bitmap, tasks->values[i].site);
}
