// SPDX-License-Identifier: MIT
/* The steps of the host that concern the whole process. */
#include "host.h"
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

static void await(pid_t child)
{
    int status = 0;

    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        die("fork", "the child failed");
}

void step_fork(char **arg)
{
    pid_t child = fork();

    (void)arg;
    if (child == 0)
        _exit(0);
    await(child);
}

void step_fork_close(char **arg)
{
    pid_t child = fork();

    if (child == 0)
        host_close_and_leave(arg[0]);
    await(child);
}

void step_getenv(char **arg)
{
    const char *value = getenv(arg[0]);

    printf("%s is %s\n", arg[0], value ? value : "not set");
}

void step_clearenv(char **arg)
{
    (void)arg;
    clearenv();
}

/* Formatted, whether or not there is a daemon that hears it. */
void step_syslog(char **arg)
{
    syslog(LOG_DEBUG, "%s", arg[0]);
}
