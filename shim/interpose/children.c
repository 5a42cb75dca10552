// SPDX-License-Identifier: MIT
/*
 * The functions that say how a child ended. A child that was killed may have left no report, and
 * its parent is the only one that knows. A SIGCHLD handler on a small stack may call any of these,
 * and a thread may be cancelled in them.
 */
#include "interpose/children.h"
#include "base/killed.h"
#include "base/options.h"
#include "interpose/real.h"
#include "interpose/shell.h"
#include "lifecycle/process.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void note_killed(int signal)
{
    int saved_errno = errno;
    if (process_is_active() && options.trace_children && lifecycle_is_own_process())
        killed_note(signal);
    errno = saved_errno;
}

void children_ended(int status)
{
    if (WIFSIGNALED(status))
        note_killed(WTERMSIG(status));
}

static pid_t note(pid_t pid, const int *status)
{
    if (pid > 0)
        children_ended(*status);
    return pid;
}

/* All of it is 0 where no child has ended yet. */
static void note_info(const siginfo_t *info)
{
    if (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED)
        note_killed(info->si_status);
}

EXPORT pid_t wait(int *status)
{
    int own;
    real_need(real_wait);
    status = status ? status : &own;
    return note(real_wait(status), status);
}

EXPORT pid_t waitpid(pid_t pid, int *status, int flags)
{
    int own;
    real_need(real_waitpid);
    status = status ? status : &own;
    return note(real_waitpid(pid, status, flags), status);
}

EXPORT pid_t wait3(int *status, int flags, struct rusage *usage)
{
    int own;
    real_need(real_wait3);
    status = status ? status : &own;
    return note(real_wait3(status, flags, usage), status);
}

EXPORT pid_t wait4(pid_t pid, int *status, int flags, struct rusage *usage)
{
    int own;
    real_need(real_wait4);
    status = status ? status : &own;
    return note(real_wait4(pid, status, flags, usage), status);
}

EXPORT int waitid(idtype_t which, id_t id, siginfo_t *info, int flags)
{
    siginfo_t own;
    real_need(real_waitid);
    info = info ? info : &own;
    int result = real_waitid(which, id, info, flags);
    if (result == 0 && !(flags & WNOWAIT))
        note_info(info);
    return result;
}

EXPORT int system(const char *command)
{
    real_need(real_system);
    shell_note(command);
    int status = real_system(command);
    if (command && status != -1)
        children_ended(status);
    return status;
}
