// SPDX-License-Identifier: MIT
#include "registry/threads.h"
#include "base/clock.h"
#include "base/dropped.h"
#include "base/guard.h"
#include "base/sys.h"
#include "base/text.h"
#include "registry/task_values.h"
#include "registry/thread_routine.h"
#include "registry/tls_lists.h"

enum { COLLECT_EVERY = 64, LEAVING_PAUSES = 50 };

struct thread *threads;

static _Atomic uint64_t last_serial;
static unsigned since_collection;

static void free_thread(struct thread *thread)
{
    module_unref(thread->routine.module);
    module_unref(thread->via.module);
    module_unref(thread->argument_image);
    module_unref(thread->requester);
    stack_free(thread->stack);
    tasks_free(thread->tasks);
    tls_lists_free(thread->tls_dtors);
    for (unsigned i = 0; i < VALUE_PAGES; i++)
        arena_free(atomic_load(&thread->pages[i]), VALUES_PER_PAGE * sizeof(struct value));
    arena_free(thread, sizeof *thread);
}

uint64_t threads_seen(void)
{
    return atomic_load(&last_serial);
}

static bool link_thread(struct thread *thread)
{
    if (!lock_acquire(&registry_lock))
        return false;
    thread->serial = ++last_serial;
    thread->next = threads;
    threads = thread;
    bool collect = ++since_collection >= COLLECT_EVERY;
    if (collect)
        since_collection = 0;
    lock_release(&registry_lock);
    if (collect)
        threads_collect();
    return true;
}

static void unlink_thread(struct thread *thread)
{
    if (!lock_acquire(&registry_lock))
        return;
    struct thread **link = &threads;
    while (*link && *link != thread)
        link = &(*link)->next;
    if (*link)
        *link = thread->next;
    lock_release(&registry_lock);
    free_thread(thread);
}

bool thread_is_live(const struct thread *thread)
{
    pid_t tid = atomic_load(&thread->tid);
    return !atomic_load(&thread->ended) && tid != THREAD_ENDED &&
           (tid == 0 || sys_thread_alive(tid));
}

bool thread_has_ended_now(const struct thread *thread)
{
    pid_t tid = atomic_load(&thread->tid);
    return tid == THREAD_ENDED || (tid != 0 && !sys_thread_alive(tid));
}

bool thread_has_ended(const struct thread *thread)
{
    bool ended = thread_has_ended_now(thread);
    bool leaving = atomic_load(&thread->ended) && thread != guard.self;
    for (unsigned i = 0; !ended && leaving && i < LEAVING_PAUSES; i++) {
        clock_pause_us(100);
        ended = thread_has_ended_now(thread);
    }
    return ended;
}

/* Threads that were detached before they were known by their thread pointers. */
enum { EARLY_MAX = 16 };
static uintptr_t detached_early[EARLY_MAX];
static unsigned next_early;

static void note_early_locked(uintptr_t pointer)
{
    const struct thread *thread = threads;
    while (thread && atomic_load(&thread->tid) != 0)
        thread = thread->next;
    if (thread)
        detached_early[next_early++ % EARLY_MAX] = pointer;
}

static bool take_early_locked(uintptr_t pointer)
{
    bool found = false;
    for (unsigned i = 0; i < EARLY_MAX; i++)
        if (detached_early[i] == pointer) {
            detached_early[i] = 0;
            found = true;
        }
    return found;
}

/* The kernel reuses numbers: the thread that had this one has ended. */
static void take_number(struct thread *thread)
{
    pid_t tid = sys_gettid();
    if (!lock_acquire(&registry_lock))
        return;
    if (take_early_locked(thread->thread_pointer))
        atomic_store(&thread->detached, true);
    for (struct thread *t = threads; t; t = t->next)
        if (t != thread && atomic_load(&t->tid) == tid)
            atomic_store(&t->tid, THREAD_ENDED);
    atomic_store(&thread->tid, tid);
    lock_release(&registry_lock);
}

void threads_collect(void)
{
    struct thread *ended = NULL;
    if (!lock_acquire(&registry_lock))
        return;
    for (struct thread **link = &threads; *link;) {
        struct thread *thread = *link;
        if (thread == guard.self || !thread_has_ended_now(thread)) {
            link = &thread->next;
            continue;
        }
        *link = thread->next;
        thread->next = ended;
        ended = thread;
    }
    lock_release(&registry_lock);
    while (ended) {
        struct thread *next = ended->next;
        free_thread(ended);
        ended = next;
    }
}

struct thread *thread_by_serial_locked(uint64_t serial)
{
    struct thread *thread = threads;
    while (thread && thread->serial != serial)
        thread = thread->next;
    return thread;
}

/* A pthread_t of glibc is an address at a fixed distance from the thread pointer. */
static uintptr_t pointer_of(pthread_t handle)
{
    return (uintptr_t)handle + sys_thread_pointer() - (uintptr_t)pthread_self();
}

struct thread *thread_by_handle_locked(pthread_t handle)
{
    struct thread *thread = threads;
    uintptr_t pointer = pointer_of(handle);
    while (thread && (thread->thread_pointer != pointer || !thread_is_live(thread)))
        thread = thread->next;
    return thread;
}

void thread_detached(pthread_t handle)
{
    if (!lock_acquire(&registry_lock))
        return;
    struct thread *thread = thread_by_handle_locked(handle);
    if (thread)
        atomic_store(&thread->detached, true);
    else
        note_early_locked(pointer_of(handle));
    lock_release(&registry_lock);
}

pid_t thread_id(pthread_t handle)
{
    if (pthread_equal(handle, pthread_self()))
        return sys_gettid();
    if (!lock_acquire(&registry_lock))
        return -1;
    const struct thread *thread = thread_by_handle_locked(handle);
    pid_t tid = thread ? atomic_load(&thread->tid) : -1;
    lock_release(&registry_lock);
    return tid ? tid : -1;
}

struct thread *thread_prepare(uintptr_t start_routine, uintptr_t argument)
{
    struct thread *thread = arena_alloc(sizeof *thread);
    if (!thread) {
        drop(DROP_THREAD);
        return NULL;
    }
    thread->seen_to_start = true;
    thread->ignored = guard.ignoring > 0;
    thread->start_routine = start_routine;
    thread->argument = argument;
    thread->stack = stack_capture(REGISTRY_FRAMES);
    thread_find_routine(thread);
    if (!link_thread(thread)) {
        free_thread(thread);
        drop(DROP_THREAD);
        return NULL;
    }
    return thread;
}

void thread_abandon(struct thread *thread)
{
    unlink_thread(thread);
}

void thread_begin(struct thread *thread)
{
    thread->thread_pointer = sys_thread_pointer();
    take_number(thread);
    guard.self = thread;
}

static struct {
    _Atomic uintptr_t pointer, stack_start, stack_end;
} dead[DEAD_MAX];
static _Atomic unsigned dead_count;

static bool read_word(uintptr_t at, uintptr_t *word)
{
    return sys_copy_memory((const void *)at, word, sizeof *word) == (ssize_t)sizeof *word;
}

/* sysdeps/x86_64/nptl/tls.h: the first word of the TCB is its own address. */
static bool is_control_block(uintptr_t pointer)
{
#if defined(__x86_64__)
    uintptr_t word;
    return read_word(pointer, &word) && word == pointer;
#else
    return true;
#endif
}

bool thread_dead(unsigned index, struct thread *thread)
{
    *thread = (struct thread){.thread_pointer = atomic_load(&dead[index].pointer),
                              .stack_start = atomic_load(&dead[index].stack_start),
                              .stack_end = atomic_load(&dead[index].stack_end)};
    return thread->thread_pointer && is_control_block(thread->thread_pointer);
}

/* Where the pointer is not 0, the rest is of the same thread. */
static void note_dead(const struct thread *thread)
{
    unsigned index = atomic_fetch_add(&dead_count, 1) % DEAD_MAX;
    atomic_store(&dead[index].pointer, 0);
    atomic_store(&dead[index].stack_start, thread->stack_start);
    atomic_store(&dead[index].stack_end, thread->stack_end);
    atomic_store(&dead[index].pointer, thread->thread_pointer);
}

void thread_end(struct thread *thread)
{
    note_dead(thread);
    atomic_store(&thread->ended, true);
}

static int find_descriptor_size(struct module *module, void *found)
{
    if (module->libc)
        *(const uint32_t **)found = module_symbol(module, "_thread_db_sizeof_pthread");
    return *(const uint32_t **)found != NULL;
}

/* nptl_db/structs.def; where libc does not say it, it is no more than this (nptl/descr.h). */
size_t thread_descriptor_size(void)
{
    enum { MOST = 4096 };
    static _Atomic size_t size;
    if (atomic_load(&size) == 0) {
        const uint32_t *found = NULL;
        modules_each_mapped(find_descriptor_size, &found);
        atomic_store(&size, found && *found > 0 && *found < MOST ? *found : MOST);
    }
    return atomic_load(&size);
}

struct thread *thread_self(void)
{
    if (likely(guard.self != NULL))
        return guard.self;
    struct thread *thread = arena_alloc(sizeof *thread);
    if (!thread)
        return NULL;
    if (!link_thread(thread)) {
        free_thread(thread);
        return NULL;
    }
    thread_begin(thread);
    return thread;
}

void thread_registered(struct registration *made, enum registration_type type)
{
    if (!registrations_any(type))
        return;
    const struct thread *self = thread_self();
    if (self)
        registration_complete(made, type, self->serial);
    else if (made)
        registration_remove(made);
}

void thread_name(pid_t tid, char name[static 32])
{
    struct text path = {0};
    text_printf(&path, "/proc/%d/task/%d/comm", sys_getpid(), tid);
    ssize_t length = sys_read_file(text_string(&path), name, 32);
    text_free(&path);
    if (length > 0 && name[length - 1] == '\n')
        name[--length] = '\0';
    if (length <= 0)
        name[0] = '\0';
}

/* sysdeps/x86_64/nptl/tls.h, sysdeps/aarch64/nptl/tls.h: where the TCB has the dtv; and
 * sysdeps/generic/dl-dtv.h: an entry is two words, the first of which is the block, or -1. */
#if defined(__x86_64__)
enum { DTV_OFFSET = 8 };
#else
enum { DTV_OFFSET = 0 };
#endif

uintptr_t thread_dtv(const struct thread *thread)
{
    uintptr_t dtv;
    return thread->thread_pointer && read_word(thread->thread_pointer + DTV_OFFSET, &dtv) ? dtv : 0;
}

uintptr_t thread_tls_slot(uintptr_t dtv, const struct module *module)
{
    return dtv + 2 * sizeof dtv * module->tls_module;
}

uintptr_t thread_tls_block(uintptr_t dtv, const struct module *module)
{
    uintptr_t count, block;
    /* dtv[-1] has the number of entries. */
    if (!dtv || !module->tls_module || !read_word(dtv - 2 * sizeof count, &count) ||
        module->tls_module > count || !read_word(thread_tls_slot(dtv, module), &block) ||
        block == UINTPTR_MAX)
        return 0;
    return block;
}

bool value_is_current(const struct value *value, const struct key *key)
{
    return value && atomic_load(&value->pointer) &&
           atomic_load(&value->generation) == atomic_load(&key->generation);
}

static struct value *make_value(struct thread *thread, unsigned key)
{
    struct value *_Atomic *page = &thread->pages[key / VALUES_PER_PAGE];
    if (!atomic_load(page))
        atomic_store(page, arena_alloc(VALUES_PER_PAGE * sizeof(struct value)));
    return thread_value(thread, key);
}

void thread_set_value(pthread_key_t key, const void *pointer, uint32_t site)
{
    struct thread *thread = key < KEYS_MAX ? thread_self() : NULL;
    struct value *value = thread ? thread_value(thread, key) : NULL;
    if (thread && !value && pointer)
        value = make_value(thread, key);
    if (!value) {
        if (pointer)
            drop(DROP_VALUE);
        return;
    }
    value->site = site;
    value->epoch =
        guard.ignoring ? VALUE_IGNORED : atomic_load_explicit(&modules_epoch, memory_order_relaxed);
    atomic_store_explicit(&value->generation, key_generation(key), memory_order_relaxed);
    atomic_store_explicit(&value->pointer, (void *)pointer, memory_order_release);
}

void threads_mark_sites_locked(struct site_bitmap *bitmap)
{
    for (struct thread *t = threads; t; t = t->next) {
        if (t->argument_site)
            site_mark(bitmap, t->argument_site);
        tasks_mark_sites(t->tasks, bitmap);
        for (unsigned i = 0; i < KEYS_MAX; i++) {
            struct value *value = thread_value(t, i);
            if (value && value->site)
                site_mark(bitmap, value->site);
        }
    }
}

void threads_fork_child(void)
{
    struct thread *self = guard.self;
    struct thread *rest = threads;
    threads = NULL;
    while (rest) {
        struct thread *next = rest->next;
        if (rest == self) {
            atomic_store(&self->tid, sys_gettid());
            self->next = NULL;
            threads = self;
        } else {
            free_thread(rest);
        }
        rest = next;
    }
}
