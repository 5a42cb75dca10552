// SPDX-License-Identifier: MIT
#include "base/own_stack.h"
#include "base/action.h"
#include "base/compiler.h"
#include "base/lock.h"
#include "base/sys.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    STACK_BYTES = 64 << 10,
    GUARD_BYTES = 64 << 10, /* pages are no larger than that */
};

/* The place where a thread continues after it leaves the stack. The trampoline writes it. */
struct place {
    uintptr_t pc, sp;
};

HIDDEN void own_stack_call(void (*work)(void *data), void *data, void *top, struct place *place);

static struct lock own_stack_lock;
static char *_Atomic memory;
static struct place user;
static _Atomic pid_t user_tid;
static _Atomic unsigned waits;

void own_stack_prepare(void)
{
    char *nothing = NULL,
         *mapped = atomic_load(&memory) ? NULL : sys_map(GUARD_BYTES + STACK_BYTES);
    if (!mapped)
        return;
    if (sys_call(SYS_mprotect, mapped, GUARD_BYTES, PROT_NONE) != 0 ||
        !atomic_compare_exchange_strong(&memory, &nothing, mapped))
        sys_unmap(mapped, GUARD_BYTES + STACK_BYTES);
}

/* Counts a waiting thread until it has the stack, so that the holder can report it; and for good
 * where it waits in vain. */
static bool take(void)
{
    atomic_fetch_add(&waits, 1);
    if (!lock_acquire(&own_stack_lock))
        return false;
    atomic_fetch_sub(&waits, 1);
    own_stack_prepare();
    if (atomic_load(&memory))
        return true;
    lock_release(&own_stack_lock);
    return false;
}

/* All signals, because a handler would find the stack taken by its own thread; except those with
 * which people and supervisors end a program, as long as these run no handler. */
NO_ADDRESS_SANITIZER static uint64_t signals_to_block(void)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM};
    uint64_t mask = ~(uint64_t)0;
    struct action action;
    for (unsigned i = 0; i < ARRAY_SIZE(ending); i++)
        if (action_get(ending[i], &action) && action.handler == SIG_DFL)
            mask &= ~((uint64_t)1 << (ending[i] - 1));
    return mask;
}

struct job {
    void (*work)(void *data);
    void *data;
    uint64_t blocked; /* by the program */
};

NO_ADDRESS_SANITIZER static void do_job(void *data)
{
    const struct job *job = data;
    sys_block_signals(job->blocked | signals_to_block());
    job->work(job->data);
}

/* The signals come first and last. */
bool own_stack_run(void (*work)(void *data), void *data)
{
    int saved_errno = errno;
    struct job job = {work, data, sys_block_signals(~(uint64_t)0)};
    bool taken = take();
    if (taken) {
        atomic_store(&user_tid, sys_gettid());
        own_stack_call(do_job, &job, atomic_load(&memory) + GUARD_BYTES + STACK_BYTES, &user);
        atomic_store(&user_tid, 0);
        lock_release(&own_stack_lock);
    }
    sys_block_signals(job.blocked);
    errno = saved_errno;
    return taken;
}

unsigned own_stack_waiters(void)
{
    return atomic_load(&waits);
}

static bool is_on_it(uintptr_t sp)
{
    uintptr_t start = (uintptr_t)atomic_load(&memory);
    return start && sp >= start && sp <= start + GUARD_BYTES + STACK_BYTES;
}

/* Another thread may have it by now. */
void own_stack_to_program(pid_t tid, uintptr_t *sp, uintptr_t *pc)
{
    if (!is_on_it(*sp) || atomic_load(&user_tid) != tid)
        return;
    struct place place = user;
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load(&user_tid) != tid)
        return;
    *sp = place.sp;
    *pc = place.pc;
}

void own_stack_to_program_own(uintptr_t *sp)
{
    if (is_on_it(*sp))
        *sp = user.sp;
}

void own_stack_fork_child(void)
{
    lock_reset(&own_stack_lock);
    atomic_store(&waits, 0);
}
