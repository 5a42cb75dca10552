// SPDX-License-Identifier: MIT
/* Ends the process, or forks, in its constructor or destructor: ENDER says where and how. */
#include "../observe.h"

static void end_at(const char *place)
{
    const char *wanted = getenv("ENDER");
    if (!wanted || strncmp(wanted, place, strlen(place)) != 0)
        return;
    const char *how = wanted + strlen(place);
    if (strcmp(how, "exit") == 0)
        exit(51);
    if (strcmp(how, "_exit") == 0)
        _exit(52);
    if (strcmp(how, "quick_exit") == 0)
        quick_exit(53);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "exec") == 0)
        execl("/bin/sh", "sh", "-c", "exit 54", (char *)NULL);
    int status = 0;
    int pid = fork();
    if (pid == 0) {
        free(strdup("in a child"));
        exit(55);
    }
    waitpid(pid, &status, 0);
    say("  child: %s\n", status_text(status));
}

__attribute__((constructor)) static void start(void)
{
    end_at("constructor ");
}

__attribute__((destructor)) static void stop(void)
{
    end_at("destructor ");
}
