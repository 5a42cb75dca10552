// SPDX-License-Identifier: MIT
/* Whether what was found is still so. */
#include "base/own_stack.h"
#include "base/sys.h"
#include "modules/handles.h"
#include "registry/heap.h"
#include "registry/libc_state.h"
#include "registry/signal_stacks.h"
#include "registry/signals.h"
#include "registry/tasks.h"
#include "rules/rules.h"
#include "scan/stacks.h"

static void key_holds(const struct object *object, const char **how)
{
    if (atomic_load(&keys[object->key].generation) != object->generation)
        *how = "the key was deleted";
}

static void value_holds(const struct object *object, const char **how)
{
    struct thread *thread = thread_by_serial_locked(object->thread);
    struct value *value = thread ? thread_value(thread, object->key) : NULL;
    if (!thread || thread_is_gone(thread))
        *how = "the thread ended";
    else if (atomic_load(&keys[object->key].generation) != object->generation)
        *how = "the key was deleted";
    else if (!value || (uintptr_t)atomic_load(&value->pointer) != object->word)
        *how = "the value was replaced";
}

static void thread_holds(const struct object *object, const char **how)
{
    const struct thread *thread = thread_by_serial_locked(object->thread);
    struct heap_block block;
    if (!thread || !thread_is_live(thread))
        *how = "the thread ended";
    else if (object->kind == KIND_THREAD_ARGUMENT && thread->argument_site &&
             (!heap_find(thread->argument, &block) || block.site != thread->argument_site))
        *how = "the argument was freed";
}

static void slot_holds(const struct object *object, const char **how)
{
    uintptr_t word, start = object->thread - object->key * sizeof word;
    if (object->generation && !heap_is_block(start, object->generation))
        *how = "the memory was freed";
    else if (sys_read_memory((const void *)(uintptr_t)object->thread, &word, sizeof word) !=
                 (ssize_t)sizeof word ||
             word != object->word)
        *how = "the pointer was replaced";
}

static void heap_holds(const struct object *object, const char **how)
{
    if (!heap_is_block(object->word, object->generation))
        *how = "the memory was freed";
}

static bool lies_there(uintptr_t slot, uintptr_t wanted)
{
    uintptr_t word;
    return sys_copy_memory((const void *)slot, &word, sizeof word) == (ssize_t)sizeof word &&
           word == wanted;
}

/* One that runs just now may come back: the word is still there. */
static void frame_holds(const struct object *object, const char **how)
{
    pid_t tid = (pid_t)object->key;
    struct thread_stack stack = {.sp = (uintptr_t)__builtin_frame_address(0)};
    bool self = tid == sys_gettid();
    own_stack_look_through_own(&stack.sp);
    if (!self && !sys_thread_alive(tid)) {
        *how = "the thread ended";
        return;
    }
    bool sampled = self || stack_look(tid, &stack);
    bool is_on = object->thread ? lies_there(object->thread, object->word) &&
                                      (!sampled || stack.sp <= object->thread)
                                : !sampled || self || stack.pc == object->word;
    if (!is_on)
        *how = "the thread is not there any more";
}

/* Set past us: only the thread itself can ask for it. */
static bool unseen_stack_holds(const struct object *object)
{
    pid_t tid = (pid_t)object->generation;
    return tid == sys_gettid() ? signal_stack_own() == object->word : sys_thread_alive(tid);
}

static bool registration_holds_type(const struct object *object)
{
    const char *call;
    uintptr_t function;
    if (object->key == REGISTERED_VARIABLE)
        return environment_has(object->word);
    if (object->key == REGISTERED_ENVIRON)
        return environment_list() == object->word;
    if (object->key == REGISTERED_HANDLER)
        return libc_handler_locked(object->generation, &call, &function) &&
               function == object->word;
    if (object->key == REGISTERED_SIGNAL_STACK && !object->thread)
        return unseen_stack_holds(object);
    const struct registration *registration =
        registration_by_serial_locked(object->key, object->thread);
    return registration && registration_is_live(registration);
}

static void registration_holds(const struct object *object, const char **how)
{
    if (!registration_holds_type(object))
        *how = registration_facts[object->key].over;
}

/* What came into another task stays said; until one began, it can be undone. */
static void task_holds(const struct object *object, const char **how)
{
    struct thread *thread = thread_by_serial_locked(object->thread);
    struct value *value = thread ? thread_value(thread, object->key) : NULL;
    if (!thread || !thread->tasks || atomic_load(&thread->tasks->last) != object->word)
        return;
    if (atomic_load(&thread->ended))
        *how = "the thread ended, and served no other task";
    else if (!value_is_current(value, &keys[object->key]))
        *how = "the value was cleared before another task began";
}

static void signal_holds(const struct object *object, const char **how)
{
    if (dispositions[object->key].generation != object->generation)
        *how = "the signal has another disposition";
}

static void module_holds(const struct object *object, const char **how)
{
    const struct module *module = modules_by_id(object->key);
    if (!module || module_is_unloaded(module))
        *how = "the module was unmapped";
    else if (object->kind == KIND_HANDLE && handles_left(module) == 0)
        *how = "the handle was given back";
}

/* Each sets *how, what became of the object, if it is over. Under the registry lock. */
typedef void object_holds(const struct object *object, const char **how);

static object_holds *const holds[OBJECT_TYPES] = {
    [OBJECT_KEY] = key_holds,       [OBJECT_VALUE] = value_holds,
    [OBJECT_THREAD] = thread_holds, [OBJECT_SLOT] = slot_holds,
    [OBJECT_HEAP] = heap_holds,     [OBJECT_DELETION] = NULL,
    [OBJECT_FRAME] = frame_holds,   [OBJECT_REGISTRATION] = registration_holds,
    [OBJECT_TASK] = task_holds,     [OBJECT_SIGNAL] = signal_holds,
    [OBJECT_MODULE] = module_holds,
};

const char how_reopened[] = "the module was opened again";

/* Once it is unmapped, what was found of it is another finding. */
static void closed_holds(const struct object *object, const char **how)
{
    const struct module *module = modules_by_id(object->closed);
    if (!module || module_is_unloaded(module))
        *how = "the module was unmapped";
    else if (!module_is_closed(module))
        *how = how_reopened;
}

bool rules_still_holds(const struct object *object, const char **how)
{
    *how = NULL;
    if (object->closed)
        closed_holds(object, how);
    if (*how)
        return false;
    if (!holds[object->type] || !lock_acquire(&registry_lock))
        return true;
    holds[object->type](object, how);
    lock_release(&registry_lock);
    return !*how;
}
