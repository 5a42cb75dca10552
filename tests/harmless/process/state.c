// SPDX-License-Identifier: MIT
/* The rest of a process's state: environment, umask, limits, masks, names, flags. All as without
 * the shim. */
#include "../observe.h"
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

extern char **environ;

static void say_state(const char *when)
{
    char name[17] = "";
    char folder[300] = "";
    sigset_t blocked;
    sigset_t pending;
    stack_t stack;
    say("%s\n", when);
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, "LD_PRELOAD=", 11) != 0 && strncmp(*variable, "DLPIN_", 6) != 0)
            say("  %s\n", *variable);
    mode_t mask = umask(0);
    umask(mask);
    say("  umask %o, folder %s\n", (unsigned)mask, base_name(getcwd(folder, sizeof folder)));
    for (int limit = 0; limit < RLIMIT_NLIMITS; limit++) {
        struct rlimit value;
        getrlimit((__rlimit_resource_t)limit, &value);
        say("  limit %d: %lld\n", limit, (long long)value.rlim_cur);
    }
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    sigpending(&pending);
    sigaltstack(NULL, &stack);
    prctl(PR_GET_NAME, name);
    say("  blocked %d, pending %d, alternate stack %d, name %s\n", !sigisemptyset(&blocked),
        !sigisemptyset(&pending), stack.ss_flags, name);
    say("  dumpable %d, no new privileges %d, seccomp %d, subreaper %d, slack %d, keep %d\n",
        prctl(PR_GET_DUMPABLE), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP),
        prctl(PR_GET_CHILD_SUBREAPER, name), prctl(PR_GET_TIMERSLACK), prctl(PR_GET_KEEPCAPS));
    say("  priority %d, program %s\n", getpriority(PRIO_PROCESS, 0), program_invocation_name);
    say("  group leader %d, session leader %d\n", getpgrp() == getpid(), getsid(0) == getpid());
}

int main(void)
{
    say_state("at the start");
    leave_something();
    say_state("afterwards");
    return observe_status();
}
