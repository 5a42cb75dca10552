// SPDX-License-Identifier: MIT
/*
 * Threads: what each was started with and by whom, and the values that it has set for keys.
 *
 * A record is made by the creating thread before the real pthread_create, or by a thread that we
 * did not see start (the main one, a raw clone) when something is first noted for it. It stays
 * until the thread is known to be over: `ended` says that the start routine is over, but TSD
 * destructors still run then.
 *
 * A thread's values are written by that thread alone, without a lock; others read them word by
 * word. The list is under the registry lock.
 */
#ifndef DLPIN_REGISTRY_THREADS_H
#define DLPIN_REGISTRY_THREADS_H

#include "ownership/sites.h"
#include "registry/keys.h"
#include "registry/registrations.h"

#include <pthread.h>
#include <sys/types.h>

struct value {
    void *_Atomic pointer;
    _Atomic uint32_t generation; /* of the key, when it was set */
    uint32_t site;               /* who set it (ownership/sites.h) */
    uint64_t epoch;              /* modules_epoch then; VALUE_IGNORED: it is not reported */
};

#define VALUE_IGNORED UINT64_MAX

enum { VALUES_PER_PAGE = 32, VALUE_PAGES = KEYS_MAX / VALUES_PER_PAGE };

struct thread {
    uint64_t serial;   /* never used again */
    _Atomic pid_t tid; /* 0 until it runs; THREAD_ENDED: its number is another thread's now */
    _Atomic bool ended;
    uintptr_t
        thread_pointer; /* its thread control block, which lies at the upper end of its stack */
    uintptr_t stack_start, stack_end; /* what the program gave it; 0: libc made it, or not known */
    bool seen_to_start;               /* through us: the fields below are known */
    bool ignored;                     /* it is not reported */
    _Atomic bool detached;            /* nobody can join it */
    uintptr_t start_routine;          /* as it was given */
    struct frame routine;             /* what it will run: behind a trampoline, what that calls */
    struct frame via;                 /* the trampoline; pc 0: none */
    uintptr_t argument;
    struct module *argument_image; /* the module that the argument points into, or NULL */
    uint32_t argument_site;        /* the argument's block was made here, or 0 */
    struct module
        *requester; /* the nearest one on the stack that is neither common nor the owner */
    struct stack *stack;
    struct value *_Atomic pages[VALUE_PAGES];
    struct tls_dtors *tls_dtors; /* registry/tls_lists.h, under the registry lock */
    struct tasks *tasks;         /* registry/task_values.h; NULL: it never had one */
    struct thread *next;
};

enum { THREAD_ENDED = -1 };

extern struct thread *threads; /* under the registry lock */

/* Before the real pthread_create; NULL where there is no memory: then the thread starts as if
 * without us. Inside the guard, without our locks. */
struct thread *thread_prepare(uintptr_t start_routine, uintptr_t argument);

/* The real pthread_create failed. */
void thread_abandon(struct thread *thread);

/* In the new thread, first and last. */
void thread_begin(struct thread *thread);
void thread_end(struct thread *thread);

/* The calling thread's record, made now if there is none. NULL: no memory. */
struct thread *thread_self(void);

/* The calling thread has it now, of which each thread has one; NULL: it has another one, which was
 * not kept. Takes the registry lock. */
void thread_registered(struct registration *made, enum registration_type type);

/* The calling thread set a value. `site` as of site_here. */
void thread_set_value(pthread_key_t key, const void *value, uint32_t site);

/* The value's slot, or NULL where the thread never had one for this key. */
static inline struct value *thread_value(struct thread *thread, unsigned key)
{
    struct value *page =
        atomic_load_explicit(&thread->pages[key / VALUES_PER_PAGE], memory_order_acquire);
    return page ? &page[key % VALUES_PER_PAGE] : NULL;
}

/* True if it is one, not NULL, that was set for this creation of the key. `value` may be NULL. */
bool value_is_current(const struct value *value, const struct key *key);

/* Still there, and not ending. */
bool thread_is_live(const struct thread *thread);

/* True if the thread has ended, with its TSD destructors. Waits up to some milliseconds for one
 * that is ending: pthread_join returns a little before the kernel removes the thread. */
bool thread_has_ended(const struct thread *thread);

/* The same without waiting. */
bool thread_has_ended_now(const struct thread *thread);

struct thread *thread_by_serial_locked(uint64_t serial);

/* Its live thread; NULL where nothing was noted for that yet. */
struct thread *thread_by_handle_locked(pthread_t handle);

/* The thread cannot be joined from now on. Takes the registry lock. */
void thread_detached(pthread_t handle);

/* Its number; -1: not known. Takes the registry lock. */
pid_t thread_id(pthread_t handle);

/* How many threads were seen so far; whoever starts one is among them before it runs. Without a
 * lock. */
uint64_t threads_seen(void);

/* "name" as the kernel has it, or "". */
void thread_name(pid_t tid, char name[static 32]);

/* Where the thread has its blocks of thread-local storage (0: not known), and its block of a module
 * (0: it has none). What a thread that ends takes with it is not read. */
uintptr_t thread_dtv(const struct thread *thread);
uintptr_t thread_tls_block(uintptr_t dtv, const struct module *module);

/* Where in the dtv the pointer to that block is. */
uintptr_t thread_tls_slot(uintptr_t dtv, const struct module *module);

/* The last threads that ended: glibc keeps their stacks for others, with all that is on them. Up to
 * `index` of DEAD_MAX. False: there is none, or something else lies there by now, as far as that
 * shows. Fills in the members that say where its stack is. */
enum { DEAD_MAX = 64 };
bool thread_dead(unsigned index, struct thread *thread);

/* The size of glibc's descriptor of a thread, or a bit more. */
size_t thread_descriptor_size(void);

/* Releases the records of threads that are over. Takes the registry lock. */
void threads_collect(void);

/* Marks the site of every value. Under the registry lock. */
void threads_mark_sites_locked(struct site_bitmap *bitmap);

/* Only the calling thread is left. */
void threads_fork_child(void);

#endif
