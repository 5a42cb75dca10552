// SPDX-License-Identifier: MIT
#include "try/pool.h"

#include "base/memory.h"
#include "base/message.h"
#include "run/environment.h"
#include "try/attempt.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A library that is tried in one mode after the other. */
struct slot {
    struct trial *trial; /* NULL: the slot is free */
    int mode;
    struct running running;
};

struct pool {
    const struct pool_plan *plan;
    struct attempt_plan attempts;
    struct trials *trials;
    size_t next; /* trial that has not begun */
    size_t done;
    struct slot *slots;
    size_t slot_count;
    struct pollfd *polled; /* of each slot, and after them the signals */
    int signals;
};

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void show_progress(const struct pool *pool, const struct trial *trial)
{
    char *name;

    if (!pool->plan->progress)
        return;
    if (trial == NULL) {
        fputs("\r\033[K", stderr);
        return;
    }
    name = message_printable(memory_string(trial->name));
    fprintf(stderr, "\r%zu of %zu: %.60s\033[K", pool->done + 1, pool->trials->count, name);
    free(name);
}

/* The other modes would be refused as well. */
static bool goes_on(const struct trial *trial)
{
    const struct attempt *attempt = &trial->attempts[TRY_MAIN];

    return attempt->error == 0 && attempt->progress.missing == NULL &&
           (attempt->progress.refused == NULL || attempt->progress.load > 1);
}

/* The next mode of a trial after `mode`; TRY_MODE_COUNT: there is none. */
static int next_mode(const struct try_plan *plan, const struct trial *trial, int mode)
{
    if (plan->only >= 0)
        return mode < 0 ? plan->only : TRY_MODE_COUNT;
    if (plan->driver != NULL)
        return mode < 0 ? TRY_MAIN : TRY_MODE_COUNT;
    return mode >= 0 && !goes_on(trial) ? TRY_MODE_COUNT : mode + 1;
}

/* Starts what comes next in a slot; false where the slot has nothing to do any more. */
static bool advance(struct pool *pool, struct slot *slot)
{
    for (;;) {
        char *folder;
        bool started;

        if (slot->trial == NULL) {
            if (pool->next == pool->trials->count)
                return false;
            slot->trial = &pool->trials->items[pool->next++];
            slot->mode = -1;
            show_progress(pool, slot->trial);
        }
        slot->mode = next_mode(pool->plan->plan, slot->trial, slot->mode);
        if (slot->mode == TRY_MODE_COUNT) {
            slot->trial = NULL;
            pool->done++;
            continue;
        }
        folder = memory_format("%s/%zu.%s", pool->plan->directory,
                               (size_t)(slot->trial - pool->trials->items),
                               try_mode_name((enum try_mode)slot->mode));
        started =
            attempt_start(&slot->running, &pool->attempts, slot->trial, (enum try_mode)slot->mode,
                          &slot->trial->attempts[slot->mode], folder);
        free(folder);
        if (started)
            return true;
    }
}

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Milliseconds until the first time limit; -1: nothing runs. */
static int time_left(const struct pool *pool)
{
    int64_t first = INT64_MAX, left;

    for (size_t i = 0; i < pool->slot_count; i++) {
        const struct slot *slot = &pool->slots[i];

        if (slot->trial != NULL && !slot->running.attempt->hung && slot->running.deadline < first)
            first = slot->running.deadline;
    }
    if (first == INT64_MAX)
        return -1;
    left = first - now();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static void wait_for_events(struct pool *pool)
{
    for (size_t i = 0; i < pool->slot_count; i++) {
        const struct slot *slot = &pool->slots[i];

        pool->polled[i] = (struct pollfd){.fd = slot->trial != NULL ? slot->running.output : -1,
                                          .events = POLLIN};
    }
    pool->polled[pool->slot_count] = (struct pollfd){.fd = pool->signals, .events = POLLIN};
    if (poll(pool->polled, pool->slot_count + 1, time_left(pool)) < 0 && errno != EINTR)
        message_error("cannot wait: %s", strerror(errno));
}

static void look_after(struct pool *pool, struct slot *slot, bool readable)
{
    struct running *running = &slot->running;

    if (slot->trial == NULL)
        return;
    if (readable && !attempt_listen(running)) {
        close(running->output);
        running->output = -1;
    }
    if (!running->attempt->hung && now() >= running->deadline) {
        running->attempt->hung = true;
        attempt_kill(running);
    }
    if (attempt_reap(running))
        advance(pool, slot);
}

/* The number of a signal that ends dlpin, or 0. */
static int take_signals(const struct pool *pool)
{
    struct signalfd_siginfo info;
    int ending = 0;

    while (read(pool->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            ending = (int)info.ssi_signo;
    }
    return ending;
}

static bool is_busy(const struct pool *pool)
{
    for (size_t i = 0; i < pool->slot_count; i++) {
        if (pool->slots[i].trial != NULL)
            return true;
    }
    return false;
}

static void end_all(struct pool *pool)
{
    for (size_t i = 0; i < pool->slot_count; i++) {
        struct slot *slot = &pool->slots[i];

        if (slot->trial == NULL)
            continue;
        attempt_kill(&slot->running);
        waitpid(slot->running.pid, NULL, 0);
        free(slot->running.work);
    }
}

static int run(struct pool *pool)
{
    int ending = 0;

    for (size_t i = 0; i < pool->slot_count; i++)
        advance(pool, &pool->slots[i]);
    while (ending == 0 && is_busy(pool)) {
        wait_for_events(pool);
        ending = take_signals(pool);
        for (size_t i = 0; ending == 0 && i < pool->slot_count; i++)
            look_after(pool, &pool->slots[i], pool->polled[i].revents != 0);
    }
    if (ending != 0)
        end_all(pool);
    show_progress(pool, NULL);
    return ending;
}

int pool_run(const struct pool_plan *plan, struct trials *trials)
{
    const struct sigaction wait_for_child = {.sa_handler = SIG_DFL};
    struct sigaction child;
    char *preload = environment_preload(plan->library, NULL);
    struct pool pool = {
        .plan = plan,
        .trials = trials,
        .slot_count = (size_t)plan->plan->jobs,
        .attempts = {.plan = plan->plan,
                     .driver = plan->plan->driver != NULL ? plan->plan->driver : plan->driver,
                     .preload = preload,
                     .extra = plan->extra},
    };
    sigset_t taken;
    int ending = 0;

    sigemptyset(&taken);
    sigaddset(&taken, SIGCHLD);
    for (size_t i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++)
        sigaddset(&taken, ending_signals[i]);
    sigprocmask(SIG_BLOCK, &taken, &pool.attempts.mask);
    sigaction(SIGCHLD, &wait_for_child, &child);
    pool.slots = memory_zeroed(pool.slot_count * sizeof *pool.slots);
    pool.polled = memory_zeroed((pool.slot_count + 1) * sizeof *pool.polled);
    pool.signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (pool.signals >= 0)
        ending = run(&pool);
    else
        message_error("cannot wait for signals: %s", strerror(errno));
    close(pool.signals);
    free(pool.slots);
    free(pool.polled);
    free(preload);
    sigaction(SIGCHLD, &child, NULL);
    sigprocmask(SIG_SETMASK, &pool.attempts.mask, NULL);
    return ending;
}
