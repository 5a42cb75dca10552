// SPDX-License-Identifier: MIT
/*
 * Signals that the process sends itself. Most are none of our business: collectors of garbage stop
 * all threads so, many times a second. A handler on a small stack may call any of these.
 */
#include "interpose/sent.h"
#include "base/sys.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "lifecycle/crash.h"
#include "lifecycle/process.h"
#include "modules/modules.h"
#include "registry/threads.h"

#include <errno.h>
#include <sys/syscall.h>

struct sent {
    int number;
    enum { TO_PROCESS, TO_CALLER, TO_TID, TO_PTHREAD } to;
    pid_t tid;
    pthread_t thread;
};

static pid_t receiver(const struct sent *sent)
{
    switch (sent->to) {
    case TO_CALLER:
        return sys_gettid();
    case TO_TID:
        return sent->tid;
    case TO_PTHREAD:
        return thread_id(sent->thread);
    case TO_PROCESS:
    default:
        return 0;
    }
}

static void note_sending_here(void *data)
{
    const struct sent *sent = data;
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    crash_sending(sent->number, receiver(sent));
    guard_leave(saved_errno);
}

static void note_sent_here(void *data)
{
    const struct sent *sent = data;
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    crash_sent(sent->number);
    guard_leave(saved_errno);
}

static bool matters(int number)
{
    int saved_errno = errno;
    bool sends_end = process_is_active() && crash_sends_end(number);
    errno = saved_errno;
    return sends_end;
}

/* True if the signal ends the process, or would. */
static bool note_sending(struct sent sent)
{
    if (!matters(sent.number))
        return false;
    own_process_run(note_sending_here, &sent);
    return true;
}

/* The process goes on. */
static void note_sent(int number)
{
    own_process_run(note_sent_here, &(struct sent){.number = number});
}

static bool is_own_group(pid_t group)
{
    int saved_errno = errno;
    bool is_own = group == (pid_t)sys_call(SYS_getpgid, 0);
    errno = saved_errno;
    return is_own;
}

static bool is_own(pid_t pid)
{
    return pid == 0 || pid == (pid_t)atomic_load(&lifecycle_pid) ||
           (pid < -1 && atomic_load(&modules_unloads) && is_own_group(-pid));
}

void note_sent_to_process(pid_t pid, int number)
{
    if (is_own(pid))
        note_sending((struct sent){.number = number, .to = TO_PROCESS});
}

void note_sent_to_thread(pid_t tid, int number)
{
    note_sending((struct sent){.number = number, .to = TO_TID, .tid = tid});
}

static void note_abort_here(void *unused)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    crash_aborting();
    guard_leave(saved_errno);
}

EXPORT void abort(void)
{
    real_need(real_abort);
    own_process_run(note_abort_here, NULL);
    real_abort();
    __builtin_unreachable();
}

#define SENDER(name, parameters, arguments, is_ours, ...)                                  \
    EXPORT int name parameters                                                             \
    {                                                                                      \
        real_need(real_##name);                                                            \
        bool noted =                                                                       \
            (is_ours) && note_sending((struct sent){.number = number, .to = __VA_ARGS__}); \
        int result = real_##name arguments;                                                \
        if (noted)                                                                         \
            note_sent(number);                                                             \
        return result;                                                                     \
    }

SENDER(kill, (pid_t pid, int number), (pid, number), is_own(pid), TO_PROCESS)
SENDER(killpg, (pid_t group, int number), (group, number), is_own(-group), TO_PROCESS)
SENDER(sigqueue, (pid_t pid, int number, const union sigval value), (pid, number, value),
       is_own(pid), TO_PROCESS)
SENDER(raise, (int number), (number), true, TO_CALLER)
SENDER(tgkill, (pid_t pid, pid_t tid, int number), (pid, tid, number), is_own(pid), TO_TID,
       .tid = tid)
SENDER(pthread_kill, (pthread_t thread, int number), (thread, number), true, TO_PTHREAD,
       .thread = thread)
SENDER(pthread_sigqueue, (pthread_t thread, int number, const union sigval value),
       (thread, number, value), true, TO_PTHREAD, .thread = thread)
