/*
 * A program under a seccomp filter that kills whoever makes processes or looks into them ends as it
 * does without the shim.
 */
#include "../observe.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define KILL_ON(number)                                  \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

int main(void)
{
    static struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        KILL_ON(SYS_clone),
        KILL_ON(SYS_clone3),
        KILL_ON(SYS_ptrace),
        KILL_ON(SYS_process_vm_readv),
        KILL_ON(SYS_socket),
        KILL_ON(SYS_memfd_create),
        KILL_ON(SYS_pidfd_open),
        KILL_ON(SYS_wait4),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    static struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};
    leave_something();
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
    leave_something();
    leave_something();
    say("alive\n");
    return observe_status();
}
