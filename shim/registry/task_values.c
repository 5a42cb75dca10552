// SPDX-License-Identifier: MIT
#include "registry/task_values.h"
#include "registry/registry.h"

void task_unref(struct task *task)
{
    if (task && atomic_fetch_sub(&task->references, 1) == 1)
        arena_free(task, sizeof *task);
}

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
        .reported_left = same && value->reported_left,
        .reported_read = same && value->reported_read,
    };
    if (!value->reported_left || !value->reported_read)
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
