// SPDX-License-Identifier: MIT
/* The steps about signals: host.c says what each does. */
#include "steps.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static int number_of(const char *name)
{
    if (strcmp(name, "USR1") == 0)
        return SIGUSR1;
    if (strcmp(name, "USR2") == 0)
        return SIGUSR2;
    if (strcmp(name, "SEGV") == 0)
        return SIGSEGV;
    die(name, "no such signal");
    return 0;
}

static void handler(int number)
{
    static const char text[] = "host: a signal\n";
    ssize_t written = write(STDOUT_FILENO, text, sizeof text - 1);

    (void)written;
    if (number == SIGSEGV)
        _exit(7);
}

static void set(const char *name, void (*to)(int), int flags)
{
    struct sigaction action = {.sa_handler = to, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    if (sigaction(number_of(name), &action, NULL) != 0)
        die(name, "sigaction failed");
}

void step_handle(char **arg)
{
    set(arg[0], handler, 0);
}

void step_handle_on_stack(char **arg)
{
    set(arg[0], handler, SA_ONSTACK);
}

void step_signal_stack(char **arg)
{
    static char area[65536];
    stack_t stack = {.ss_sp = area, .ss_size = sizeof area};

    (void)arg;
    if (sigaltstack(&stack, NULL) != 0)
        die("signal-stack", "sigaltstack failed");
}

void step_default(char **arg)
{
    set(arg[0], SIG_DFL, 0);
}

void step_raise(char **arg)
{
    raise(number_of(arg[0]));
}
