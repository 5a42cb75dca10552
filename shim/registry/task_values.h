// SPDX-License-Identifier: MIT
/*
 * Which task set which of a thread's values.
 *
 * All of it is the calling thread's own, and is used by that thread alone, inside the guard; others
 * may only read `last`, under the registry lock.
 */
#ifndef DLPIN_REGISTRY_TASK_VALUES_H
#define DLPIN_REGISTRY_TASK_VALUES_H

#include "base/guard.h"
#include "registry/threads.h"

enum { TASK_NAME_MAX = 64 };

/* A task. The record outlives it as long as a value or a finding refers to it. */
struct task {
    uint64_t serial; /* never used again */
    _Atomic uint32_t references;
    char name[TASK_NAME_MAX];
};

/* A value that a task set. */
struct task_value {
    struct task *setter; /* NULL: it was not set inside a task */
    struct stack *stack;
    uint32_t generation, site; /* of the key; where it was set */
    /* Reported for this site; once is enough. */
    bool reported_left, reported_read;
};

struct tasks {
    unsigned depth;    /* tasks inside tasks belong to the outermost */
    bool has_reported; /* of what the last task left: it may be undone before the next begins */
    struct task *current;
    _Atomic uint64_t last; /* the serial number of the last that began */
    struct task_value values[KEYS_MAX];
};

/* The calling thread has set a value. */
void task_value_set(pthread_key_t key, const void *value, uint32_t site);

/* The value was set by a task, is still there, and belongs to a key that is still the same. */
bool task_value_is_left(struct thread *thread, uint32_t key);

/* How many tasks of the thread have left a value that was set here. */
unsigned tasks_leaving(const struct thread *thread, uint32_t site);

/* True: a read of this key in the running task gets a value of another task, which is not reported
 * yet. */
static inline bool task_reads_stale(pthread_key_t key)
{
    const struct tasks *tasks = guard.self ? guard.self->tasks : NULL;
    if (likely(!tasks) || !tasks->current || key >= KEYS_MAX)
        return false;
    const struct task_value *value = &tasks->values[key];
    return value->setter && value->setter != tasks->current && !value->reported_read;
}

static inline struct task *task_ref(struct task *task)
{
    if (task)
        atomic_fetch_add(&task->references, 1);
    return task;
}

void task_unref(struct task *task);

/* With the thread's record. */
void tasks_free(struct tasks *tasks);

/* Marks the sites of all values of the thread. */
void tasks_mark_sites(const struct tasks *tasks, struct site_bitmap *bitmap);

#endif
