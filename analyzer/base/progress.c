// SPDX-License-Identifier: MIT
#include "base/progress.h"

#include "base/message.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_AFTER_MS = 1000, AGAIN_AFTER_MS = 200, CALLS_WITHOUT_CLOCK = 64, NAME_WIDTH = 40 };

static struct {
    int64_t next; /* when it is shown next, in milliseconds; 0: nothing began yet */
    unsigned calls;
    bool shown;
} progress;

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* The end of a name says more than its beginning. */
static void put_line(const char *path, uint64_t done, uint64_t all)
{
    size_t length = strlen(path);
    char *name = strdup(length > NAME_WIDTH ? path + length - NAME_WIDTH : path);

    if (name == NULL)
        return;
    message_printable(name);
    if (all > 0)
        fprintf(stderr, "\r\033[Kdlpin: reading %s: %" PRIu64 " %%", name,
                done < all ? done * 100 / all : 100);
    else
        fprintf(stderr, "\r\033[Kdlpin: reading %s: %" PRIu64 " MB", name, done / 1000000);
    fflush(stderr);
    progress.shown = true;
    free(name);
}

void progress_show(const char *path, uint64_t done, uint64_t all)
{
    int64_t time;

    if (progress.calls++ % CALLS_WITHOUT_CLOCK != 0)
        return;
    time = now();
    if (progress.next == 0)
        progress.next = time + FIRST_AFTER_MS;
    if (time < progress.next || isatty(STDERR_FILENO) != 1)
        return;
    progress.next = time + AGAIN_AFTER_MS;
    put_line(path, done, all);
}

void progress_clear(void)
{
    if (progress.shown)
        fputs("\r\033[K", stderr);
    progress.shown = false;
}
