// SPDX-License-Identifier: MIT
/* The system call that a request came into. */
#include "lifecycle/resume.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#if defined(__x86_64__)

enum { PC = 0x401000, INSTRUCTION = 2, CALL = SYS_epoll_wait };

/* As the kernel leaves it for the handler. */
static ucontext_t context_at(greg_t pc, greg_t result)
{
    ucontext_t context;
    memset(&context, 0, sizeof context);
    context.uc_mcontext.gregs[REG_RIP] = pc;
    context.uc_mcontext.gregs[REG_RAX] = result;
    return context;
}

static void expect(ucontext_t *context, bool anew, greg_t pc, greg_t result)
{
    const struct waiting waiting = {CALL, PC, anew};
    resume_call(context, &waiting);
    cr_expect_eq(context->uc_mcontext.gregs[REG_RIP], pc);
    cr_expect_eq(context->uc_mcontext.gregs[REG_RAX], result);
}

/* A signal of the program's comes while the handler runs, in which all are blocked. */
static void signal_comes(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
}

Test(resume, what_failed_begins_anew)
{
    ucontext_t context = context_at(PC, -EINTR);
    expect(&context, true, PC - INSTRUCTION, CALL);
}

Test(resume, what_would_lose_something_fails)
{
    ucontext_t context = context_at(PC, -EINTR);
    expect(&context, false, PC, -EINTR);
}

Test(resume, what_the_kernel_set_back_stays_so)
{
    ucontext_t context = context_at(PC - INSTRUCTION, CALL);
    expect(&context, true, PC - INSTRUCTION, CALL);
}

Test(resume, what_failed_stays_so_when_a_signal_came)
{
    ucontext_t context = context_at(PC, -EINTR);
    signal_comes();
    expect(&context, true, PC, -EINTR);
}

Test(resume, what_the_kernel_set_back_fails_when_a_signal_came)
{
    ucontext_t context = context_at(PC - INSTRUCTION, CALL);
    signal_comes();
    expect(&context, true, PC, -EINTR);
}

Test(resume, a_signal_that_the_thread_blocks_is_none)
{
    ucontext_t context = context_at(PC, -EINTR);
    sigaddset(&context.uc_sigmask, SIGUSR1);
    signal_comes();
    expect(&context, true, PC - INSTRUCTION, CALL);
}

/* The thread has run on meanwhile: it is left alone. */
Test(resume, another_place_is_left_alone)
{
    ucontext_t context = context_at(PC + 64, -EINTR);
    expect(&context, true, PC + 64, -EINTR);
    context = context_at(PC, 0);
    expect(&context, true, PC, 0);
    context = context_at(PC - INSTRUCTION, CALL + 1);
    signal_comes();
    expect(&context, true, PC - INSTRUCTION, CALL + 1);
}

#else

Test(resume, nothing_to_see)
{
    ucontext_t context;
    memset(&context, 0, sizeof context);
    const struct waiting waiting = {SYS_read, 0x401000, true};
    resume_call(&context, &waiting);
    cr_expect_eq(context.uc_mcontext.pc, 0);
}

#endif
