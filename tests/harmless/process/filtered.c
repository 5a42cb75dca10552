// SPDX-License-Identifier: MIT
/*
 * A program under a seccomp filter against all calls that make or inspect processes ends as it does
 * without the shim. The filter says which call it was; real ones kill. Then the same in a new
 * image, which has the filter from its start, and starts another one.
 */
#include "../observe.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define REFUSE(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP)

static void refused(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    say("FAILED: system call %d\n", info->si_syscall);
    observe_failures++;
}

/* Where it may, without telling anybody: it does not ask for no_new_privs. */
static void confine(struct sock_fprog *filter)
{
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) == 0)
        return;
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) == 0);
}

int main(int count, char **arguments)
{
    char *const again[] = {(char *)"./process_filtered", (char *)"again", NULL};
    char *const last[] = {(char *)"./process_filtered", (char *)"for the", (char *)"last", NULL};
    struct sigaction action = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO};
    static struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_clone),
        REFUSE(SYS_clone3),
        REFUSE(SYS_ptrace),
        REFUSE(SYS_process_vm_readv),
        REFUSE(SYS_socket),
        REFUSE(SYS_memfd_create),
        REFUSE(SYS_pidfd_open),
        REFUSE(SYS_wait4),
        REFUSE(SYS_prctl),
        REFUSE(SYS_unshare),
        REFUSE(SYS_ioctl),
        REFUSE(SYS_msync),
        REFUSE(SYS_mincore),
        REFUSE(SYS_nanosleep),
        REFUSE(SYS_clock_gettime),
        REFUSE(SYS_close_range),
        REFUSE(SYS_kill),
        REFUSE(SYS_fstatfs),
        REFUSE(SYS_rt_tgsigqueueinfo),
        REFUSE(SYS_getuid),
        REFUSE(SYS_geteuid),
        REFUSE(SYS_getgid),
        REFUSE(SYS_getegid),
        REFUSE(SYS_fgetxattr),
#if defined(SYS_access)
        REFUSE(SYS_faccessat),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    static struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};
    check(sigaction(SIGSYS, &action, NULL) == 0);
    leave_something();
    if (count == 1)
        confine(&filter);
    leave_something();
    leave_something();
    say("alive %s\n", arguments[0]);
    if (count == 1)
        execv(again[0], again);
    if (count == 2)
        execve(last[0], last, environ);
    return observe_status();
}
