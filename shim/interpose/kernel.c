// SPDX-License-Identifier: MIT
#include "interpose/kernel.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "interpose/confinement.h"
#include "interpose/exit_group.h"
#include "interpose/real.h"
#include "interpose/root_folder.h"
#include "interpose/sent.h"
#include "registry/epolls.h"

#include <errno.h>
#include <linux/userfaultfd.h>
#include <sys/syscall.h>

/* linux/userfaultfd.h of Linux 6.1: of /dev/userfaultfd. */
#define NEW_DESCRIPTOR _IO(0xAA, 0x00)

void note_ioctl(int file, unsigned long request, const void *argument)
{
    struct uffdio_api api = {0};
    int saved_errno;
    if (likely(request != UFFDIO_API && request != NEW_DESCRIPTOR))
        return;
    if (request == NEW_DESCRIPTOR) {
        userfaults_note_made();
        return;
    }
    saved_errno = errno;
    if (sys_read_memory(argument, &api, sizeof api) == (ssize_t)sizeof api)
        userfaults_note_features(api.features);
    errno = saved_errno;
}

/* The system calls that matter to us. */
void note_syscall(long number, unsigned long first, unsigned long second, unsigned long third)
{
    switch (number) {
    case SYS_seccomp:
        confinement_note_seccomp(first, second, third);
        break;
    case SYS_prctl:
        confinement_note_prctl((int)first, second, third);
        break;
    case SYS_chroot:
    case SYS_pivot_root:
    case SYS_setns:
        root_folder_note_change();
        break;
    case SYS_userfaultfd:
        userfaults_note_made();
        break;
    case SYS_epoll_ctl:
        epoll_note_known((int)first);
        break;
    case SYS_ioctl:
        note_ioctl((int)first, second, (const void *)third);
        break;
    case SYS_exit_group:
        note_exit_group((int)first);
        break;
    case SYS_kill:
    case SYS_rt_sigqueueinfo:
        note_sent_to_process((pid_t)first, (int)second);
        break;
    case SYS_tkill:
        note_sent_to_thread((pid_t)first, (int)second);
        break;
    case SYS_tgkill:
    case SYS_rt_tgsigqueueinfo:
        note_sent_to_thread((pid_t)second, (int)third);
        break;
    default:
        break;
    }
}

/* Before relocation errno is nowhere. */
static long result_of(long result)
{
    if (result >= 0 || result < -4095)
        return result;
    if (real_is_relocated())
        errno = (int)-result;
    return -1;
}

long early_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    return result_of(calls_pass(number, a, b, c, d, e, f));
}

int early_ioctl(int file, unsigned long request, void *argument)
{
    return (int)result_of(calls_pass(SYS_ioctl, file, (long)request, (long)argument, 0, 0, 0));
}
