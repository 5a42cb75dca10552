// SPDX-License-Identifier: MIT
/*
 * Defect: a thread of the host executes code of the plug-in when another thread unloads it.
 *
 * Consequence: the thread returns into unmapped memory.
 *
 * Report: thread-stack, dangling, error.
 *
 * Fix: tidy.c.
 *
 * The samples end while the thread still waits.
 */
#include "host.h"
#include "plugin.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static int before, after;

ENTRY(wait_in_host)
{
    before++;
    host_pause();
    after++;
    return 0;
}

/* In system calls of several kinds, in frames of the C library. */
ENTRY(wait_in_read)
{
    char byte;
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    host_resume();
    host_pause(); /* which is over at once: it tells that we are here */
    return read(ends[0], &byte, 1) == 1 ? 0 : -1;
}

ENTRY(wait_in_poll)
{
    host_resume();
    host_pause();
    return poll(NULL, 0, -1) == 0 ? 0 : -1;
}

ENTRY(wait_in_nanosleep)
{
    struct timespec long_time = {1000, 0};

    host_resume();
    host_pause();
    return nanosleep(&long_time, NULL) == 0 ? 0 : -1;
}

/* Not the plug-in is what waits, but the host, which the plug-in has called. */
ENTRY(wait_deeper)
{
    before++;
    int result = host_call(wait_in_host);

    after++;
    return result;
}

/* The thread runs, and is not seen. */
ENTRY(work)
{
    before++;
    host_work();
}

/* ---- signals ---- */

static void handler(int number)
{
    (void)number;
    host_pause();
    after++;
}

/* Behind the frame of a signal handler. */
ENTRY(wait_in_handler)
{
    struct sigaction action = {.sa_handler = handler};

    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    after++;
    return 0;
}

/* ---- how the thread leaves ---- */

/* This call does not return: the plug-in closes itself, and the host ends. */
ENTRY(close_itself)
{
    before++;
    host_close_and_leave("plugin");
}

static jmp_buf out;

static int jump_out(void)
{
    longjmp(out, 1);
}

/* A return address is left behind on the stack, below the next calls. */
ENTRY(jump)
{
    if (setjmp(out) == 0)
        host_call(jump_out);
    after++;
    return 0;
}

static int deep(int depth)
{
    volatile char room[64];

    room[0] = (char)depth;
    return (depth ? deep(depth - 1) : host_call(jump)) + room[0] - depth;
}

/* The call has returned, and return addresses are left in the dead part of the stack. */
ENTRY(come_and_go)
{
    return deep(50);
}
