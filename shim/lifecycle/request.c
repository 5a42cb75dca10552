// SPDX-License-Identifier: MIT
#include "lifecycle/request.h"
#include "base/action.h"
#include "base/options.h"
#include "base/sys.h"
#include "lifecycle/check.h"
#include "lifecycle/loader.h"
#include "lifecycle/process.h"
#include "lifecycle/resume.h"
#include "lifecycle/suppose.h"
#include "lifecycle/why.h"
#include "ownership/interrupted.h"
#include "report/report.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIGNAL_SET_BYTES = 8 };

/* As the kernel has it: the C library's functions do not accept the signal. */
struct disposition {
    union {
        void (*handler)(int number);
        void (*informed)(int number, siginfo_t *info, void *context);
    };
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static struct disposition before; /* the earlier one: the C library's own handler, or none */

/* A signal of another sender: does what would have happened without us. */
static void pass_on(int number, siginfo_t *info, ucontext_t *context)
{
    struct disposition now = before;
    uint64_t mask;
    if (now.handler == SIG_IGN)
        return;
    if (now.handler == SIG_DFL) {
        sys_call(SYS_rt_sigaction, number, &now, NULL, SIGNAL_SET_BYTES);
        sys_call(SYS_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), number, info);
        return;
    }
    memcpy(&mask, &context->uc_sigmask, sizeof mask);
    mask |= now.mask | (uint64_t)1 << (number - 1);
    sys_block_signals(mask);
    now.informed(number, info, context);
}

static void answer(uint32_t token, uint32_t module)
{
    bool done = true;
    report_request(token, REQUEST_BEGUN);
    loader_update();
    if (module & DLPIN_REQUEST_WHY)
        done = why_mapped(module & ~DLPIN_REQUEST_WHY, token);
    else if (module)
        done = suppose_unloaded(module, token);
    else
        lifecycle_check(MOMENT_REQUEST);
    report_request(token, done ? REQUEST_DONE : REQUEST_REFUSED);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    uintptr_t word = (uintptr_t)info->si_value.sival_ptr;
    struct waiting waiting = {
        .call = word >> DLPIN_REQUEST_CALL_SHIFT & DLPIN_REQUEST_CALL_MASK,
        .pc = word & (((uintptr_t)1 << DLPIN_REQUEST_CALL_SHIFT) - 1),
        .may_begin_anew = word & DLPIN_REQUEST_ANEW,
    };
    int saved_errno;
    if (info->si_code != DLPIN_REQUEST_CODE) {
        pass_on(number, info, context);
        return;
    }
    if (!guard.in_fork && process_enter(&saved_errno)) {
        const struct interrupted interrupted = {context, waiting.call};
        guard.interrupted = &interrupted;
        if (lifecycle_is_own_process())
            answer(info->si_uid, (uint32_t)info->si_errno);
        guard.interrupted = NULL;
        guard_leave(saved_errno);
    }
    saved_errno = errno;
    resume_call(context, &waiting);
    errno = saved_errno;
}

static bool is_ours(const struct disposition *disposition)
{
    return disposition->informed == on_signal;
}

void request_leave(void)
{
    struct disposition present;
    int number = (int)options.check_signal;
    if (number && sys_call(SYS_rt_sigaction, number, NULL, &present, SIGNAL_SET_BYTES) == 0 &&
        is_ours(&present))
        sys_call(SYS_rt_sigaction, number, &before, NULL, SIGNAL_SET_BYTES);
}

void request_listen(void)
{
    struct disposition present, ours = {.informed = on_signal, .mask = ~(uint64_t)0};
    struct action model = action_for(on_signal);
    int number = (int)options.check_signal;
    if (!number || calls_are_filtered() ||
        sys_call(SYS_rt_sigaction, number, NULL, &present, SIGNAL_SET_BYTES) != 0 ||
        is_ours(&present))
        return;
    before = present;
    ours.flags = model.flags | SA_RESTART | (present.flags & SA_ONSTACK);
    ours.restorer = model.restorer;
    sys_call(SYS_rt_sigaction, number, &ours, NULL, SIGNAL_SET_BYTES);
}
