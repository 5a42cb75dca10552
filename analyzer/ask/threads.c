// SPDX-License-Identifier: MIT
#include "ask/threads.h"

#include "base/memory.h"
#include "base/message.h"
#include "report/report_format.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

enum { STACK_NEEDED = 64 * 1024 };

enum state {
    STATE_GONE,
    STATE_BLOCKED, /* it does not take the signal */
    STATE_HIDDEN,  /* what it waits in may not be seen */
    STATE_NARROW,  /* too little room on its stack */
    STATE_RUNNING,
    STATE_DISTURBED, /* in a call that would fail */
    STATE_GOOD,
};

static const char *const reasons[] = {
    [STATE_GONE] = "has ended",
    [STATE_BLOCKED] = "blocks the signal",
    [STATE_HIDDEN] = "waits in something that may not be seen (kernel.yama.ptrace_scope)",
    [STATE_NARROW] = "has too little room on its stack",
    [STATE_RUNNING] = "runs",
    [STATE_DISTURBED] = "waits in a system call that would fail with EINTR",
    [STATE_GOOD] = "can be asked",
};

struct call {
    long number;
    uint64_t arguments[6], sp, pc;
};

/* The kernel begins them anew by itself. */
static bool kernel_restarts(const struct call *call)
{
    static const long numbers[] = {SYS_read,    SYS_readv,  SYS_write,   SYS_writev, SYS_recvfrom,
                                   SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_accept, SYS_accept4,
                                   SYS_wait4,   SYS_waitid, SYS_flock};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (call->number == numbers[i])
            return true;
    }
    return call->number == SYS_futex && call->arguments[3] == 0;
}

#if defined(__x86_64__)

/* A limit that is a point in time: FUTEX_WAIT alone has a span. */
static bool is_point_in_time(const struct call *call)
{
    return (call->arguments[1] & FUTEX_CMD_MASK) != FUTEX_WAIT;
}

/* Set back to their beginning, they continue as if nothing had happened. Where a span of time is
 * written back as what is left of it, that is what they begin with. */
static bool can_be_set_back(const struct call *call)
{
    switch (call->number) {
    case SYS_futex:
        return is_point_in_time(call);
    case SYS_nanosleep:
        return call->arguments[1] == call->arguments[0];
    case SYS_clock_nanosleep:
        return (call->arguments[1] & TIMER_ABSTIME) || call->arguments[3] == call->arguments[2];
    case SYS_poll:
        return (int)call->arguments[2] < 0;
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
        return (int)call->arguments[3] < 0;
    case SYS_rt_sigtimedwait:
        return call->arguments[2] == 0;
    case SYS_select:
    case SYS_pselect6:
    case SYS_ppoll:
    case SYS_pause:
    case SYS_rt_sigsuspend:
    case SYS_msgrcv:
    case SYS_msgsnd:
        return true;
    default:
        return kernel_restarts(call); /* a socket may have a limit of its own */
    }
}

#else

static bool can_be_set_back(const struct call *call)
{
    (void)call;
    return false;
}

#endif

/* The main thread's stack grows as it is needed. */
static bool has_room(const char *maps, uint64_t sp)
{
    for (const char *line = maps; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        uint64_t start, end;
        int used = 0;

        line += *line == '\n';
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 "%n", &start, &end, &used) != 2)
            continue;
        if (sp < start || sp >= end)
            continue;
        return sp - start >= STACK_NEEDED ||
               memmem(line, strcspn(line, "\n"), "[stack]", strlen("[stack]")) != NULL;
    }
    return false;
}

static char *read_of(const struct target *target, pid_t tid, const char *name)
{
    char *path = memory_format("task/%d/%s", tid, name);
    char *text = target_read(target, path, NULL);
    int error = errno;

    free(path);
    errno = error;
    return text;
}

static enum state read_call(const struct target *target, pid_t tid, struct call *call)
{
    char *text = read_of(target, tid, "syscall");
    uint64_t *a = call->arguments;
    enum state state = STATE_GOOD;

    if (text == NULL)
        return errno == EPERM || errno == EACCES ? STATE_HIDDEN : STATE_GONE;
    if (sscanf(text,
               "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
               " %" SCNx64 " %" SCNx64,
               &call->number, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5], &call->sp,
               &call->pc) != 9 ||
        call->number < 0)
        state = STATE_RUNNING;
    free(text);
    return state;
}

static enum state look_at(const struct target *target, const char *maps, pid_t tid,
                          struct chosen *chosen)
{
    char *status = read_of(target, tid, "status");
    struct call call = {0};
    enum state state = STATE_GONE;

    *chosen = (struct chosen){.tid = tid};
    if (status != NULL)
        state = target_has_signal(status, "SigBlk", target->signal) ? STATE_BLOCKED
                                                                    : read_call(target, tid, &call);
    free(status);
    if (state != STATE_GOOD)
        return state;
    if (!has_room(maps, call.sp))
        return STATE_NARROW;
    bool anew = can_be_set_back(&call);
    chosen->word = ((uint64_t)call.number & DLPIN_REQUEST_CALL_MASK) << DLPIN_REQUEST_CALL_SHIFT |
                   (call.pc & ((1UL << DLPIN_REQUEST_CALL_SHIFT) - 1)) |
                   (anew ? DLPIN_REQUEST_ANEW : 0);
    return anew || kernel_restarts(&call) ? STATE_GOOD : STATE_DISTURBED;
}

typedef bool thread_visitor(void *context, const struct chosen *chosen, enum state state);

static void visit_threads(const struct target *target, thread_visitor *visit, void *context)
{
    char *maps = target_read(target, "maps", NULL);
    DIR *threads = target_list(target, "task");
    const struct dirent *entry;
    struct chosen chosen;
    bool goes_on = true;

    while (threads != NULL && goes_on && (entry = readdir(threads)) != NULL) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (tid > 0) {
            enum state state = look_at(target, maps, tid, &chosen);
            goes_on = visit(context, &chosen, state);
        }
    }
    if (threads != NULL)
        closedir(threads);
    free(maps);
}

struct search {
    bool force;
    unsigned turn, good;
    enum state best;
    struct chosen chosen;
};

/* Of the good ones the one whose turn it is; with force, whatever is next best. */
static bool consider(void *context, const struct chosen *chosen, enum state state)
{
    struct search *search = context;
    enum state lowest = search->force ? STATE_NARROW + 1 : STATE_GOOD;

    if (state < lowest || state < search->best)
        return true;
    if (state > search->best || search->good <= search->turn)
        search->chosen = *chosen;
    search->good = state > search->best ? 1 : search->good + 1;
    search->best = state;
    return true;
}

bool threads_choose(const struct target *target, bool force, unsigned turn, struct chosen *chosen)
{
    struct search search = {.force = force, .turn = turn};

    visit_threads(target, consider, &search);
    *chosen = search.chosen;
    return search.good > 0;
}

static bool explain(void *context, const struct chosen *chosen, enum state state)
{
    const struct target *target = context;

    message_error("process %d: thread %d %s", target->pid, chosen->tid, reasons[state]);
    return true;
}

void threads_explain(const struct target *target, bool force)
{
    if (!target_lives(target)) {
        message_error("process %d has ended", target->pid);
        return;
    }
    message_error(force ? "process %d has no thread that takes the signal"
                        : "process %d has no thread that could be asked without the program's "
                          "noticing; --force asks all the same",
                  target->pid);
    visit_threads(target, explain, (void *)(uintptr_t)target);
}
