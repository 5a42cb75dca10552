// SPDX-License-Identifier: MIT
#include "ask/request.h"

#include "ask/threads.h"
#include "base/memory.h"
#include "base/message.h"
#include "load/lines.h"
#include "report/report_format.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    PAUSE_NS = 1000000,
    MILLISECONDS = 1000,
    PATIENCE_MS = 300, /* for a thread to begin; then another one is asked */
    SEARCH_MS = 1000,  /* for a thread that can be asked */
};

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * MILLISECONDS + now.tv_nsec / 1000000;
}

static void pause_shortly(void)
{
    nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
}

struct wanted {
    const char *text;
    bool said;
};

static bool take_answer(void *context, const struct line *line)
{
    static const char beginning[] = "{\"type\":\"request\"";
    struct wanted *wanted = context;

    wanted->said = !line->too_long && line->length >= sizeof beginning - 1 &&
                   memcmp(line->text, beginning, sizeof beginning - 1) == 0 &&
                   memmem(line->text, line->length, wanted->text, strlen(wanted->text)) != NULL;
    return !wanted->said;
}

static off_t size_of(int file)
{
    struct stat status;

    return file >= 0 && fstat(file, &status) == 0 ? status.st_size : 0;
}

/* Where the answer to a request begins at the earliest: in its own file, which it may not have yet,
 * and in its parent's. */
struct beginnings {
    off_t own, parents;
};

/* A file has the answer. The file is read from one place on, to its present end. */
static bool says(int file, off_t from, const char *text)
{
    struct wanted wanted = {.text = text};
    off_t size = size_of(file);

    if (size <= from || lseek(file, from, SEEK_SET) != from)
        return false;
    lines_read(file, (uint64_t)(size - from), take_answer, &wanted);
    return wanted.said;
}

static bool is_said(struct target *target, const struct beginnings *from, unsigned token,
                    const char *state)
{
    char *text = memory_format("\"token\":%u,\"state\":\"%s\"", token, state);
    bool said = target_find_report(target) && says(target->file, from->own, text);

    if (!said && target->report == NULL && says(target->parents, from->parents, text)) {
        target_take_parents(target);
        said = true;
    }
    free(text);
    return said;
}

static bool wait_for(struct target *target, const struct beginnings *from, unsigned token,
                     const char *state, long until)
{
    while (!is_said(target, from, token, state)) {
        if (now_ms() > until)
            return false;
        pause_shortly();
    }
    return true;
}

static bool find_thread(const struct target *target, bool force, unsigned turn,
                        struct chosen *chosen)
{
    long until = now_ms() + SEARCH_MS;

    while (!threads_choose(target, force, turn, chosen)) {
        if (now_ms() > until) {
            threads_explain(target, force);
            return false;
        }
        pause_shortly();
    }
    return true;
}

static bool send(const struct target *target, const struct chosen *chosen,
                 const struct request *request)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = target->signal;
    info.si_code = DLPIN_REQUEST_CODE;
    info.si_pid = getpid();
    info.si_errno = (int)((uint32_t)request->module | (request->why ? DLPIN_REQUEST_WHY : 0));
    info.si_uid = request->token;
    info.si_value.sival_ptr = (void *)(uintptr_t)chosen->word;
    return syscall(SYS_rt_tgsigqueueinfo, target->pid, chosen->tid, target->signal, &info) == 0;
}

static bool wait_for_end(struct target *target, const struct beginnings *from,
                         const struct request *request, long until)
{
    while (now_ms() <= until) {
        if (is_said(target, from, request->token, "done"))
            return true;
        if (is_said(target, from, request->token, "refused")) {
            message_error("process %d could not tell: it cannot be copied, or the module was there "
                          "when it started, or is unloaded",
                          target->pid);
            return false;
        }
        pause_shortly();
    }
    message_error("process %d did not finish the check within %u seconds", target->pid,
                  request->seconds);
    return false;
}

bool request_check(struct target *target, struct request *request)
{
    const struct beginnings from = {target_find_report(target) ? size_of(target->file) : 0,
                                    size_of(target->parents)};
    long until = now_ms() + (long)request->seconds * MILLISECONDS;
    struct timespec now;
    struct chosen chosen;
    clock_gettime(CLOCK_REALTIME, &now);
    request->token = (unsigned)now.tv_nsec ^ (unsigned)getpid() << 12;
    for (unsigned turn = 0; now_ms() < until; turn++) {
        if (!find_thread(target, request->force, turn, &chosen))
            return false;
        /* The number may be another process's by now. */
        if (!target_lives(target)) {
            message_error("process %d has ended", target->pid);
            return false;
        }
        if (!send(target, &chosen, request)) {
            if (errno == ESRCH)
                continue; /* the thread has ended meanwhile */
            message_error("process %d: %s", target->pid, strerror(errno));
            return false;
        }
        if (wait_for(target, &from, request->token, "begun", now_ms() + PATIENCE_MS))
            return wait_for_end(target, &from, request, until);
    }
    message_error(
        "process %d did not answer within %u seconds: it is busy, or cannot write a report",
        target->pid, request->seconds);
    return false;
}
