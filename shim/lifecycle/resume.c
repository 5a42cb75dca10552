// SPDX-License-Identifier: MIT
#include "lifecycle/resume.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIGNAL_SET_BYTES = 8 };

/* True if a signal is pending that the thread takes at the handler's end. */
static bool is_signalled(const ucontext_t *context)
{
    uint64_t pending = 0, blocked;
    memcpy(&blocked, &context->uc_sigmask, sizeof blocked);
    sys_call(SYS_rt_sigpending, &pending, SIGNAL_SET_BYTES);
    return (pending & ~blocked) != 0;
}

#if defined(__x86_64__)

enum { INSTRUCTION = 2 };

void resume_call(ucontext_t *context, const struct waiting *waiting)
{
    greg_t *rip = &context->uc_mcontext.gregs[REG_RIP], *rax = &context->uc_mcontext.gregs[REG_RAX];
    greg_t after = (greg_t)waiting->pc, number = waiting->call;
    bool failed = *rip == after && *rax == -EINTR;
    bool set_back = *rip == after - INSTRUCTION && *rax == number;
    if ((!failed && !set_back) || calls_are_filtered())
        return;
    bool signalled = is_signalled(context);
    if (failed && waiting->may_begin_anew && !signalled) {
        *rip = after - INSTRUCTION;
        *rax = number;
    } else if (set_back && signalled) {
        *rip = after;
        *rax = -EINTR;
    }
}

#else

enum { INSTRUCTION = 4 };

void resume_call(ucontext_t *context, const struct waiting *waiting)
{
    bool set_back = context->uc_mcontext.pc == waiting->pc - INSTRUCTION &&
                    context->uc_mcontext.regs[8] == waiting->call;
    if (!set_back || calls_are_filtered() || !is_signalled(context))
        return;
    context->uc_mcontext.pc = waiting->pc;
    context->uc_mcontext.regs[0] = (uint64_t)-EINTR;
}

#endif
