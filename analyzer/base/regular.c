// SPDX-License-Identifier: MIT
#include "base/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool is_anonymous_pipe(int reference, const struct stat *status)
{
    struct statfs system;

    return S_ISFIFO(status->st_mode) && fstatfs(reference, &system) == 0 &&
           system.f_type == PIPEFS_MAGIC;
}

/* 0, or why what the reference stands for is not opened. */
static int judge(int reference, int flags, struct stat *status)
{
    if (fstat(reference, status) != 0)
        return -errno;
    if ((flags & REGULAR_OR_PIPE) != 0 && is_anonymous_pipe(reference, status))
        return 0;
    if (S_ISDIR(status->st_mode))
        return -EISDIR;
    if (S_ISLNK(status->st_mode))
        return -ELOOP;
    if (!S_ISREG(status->st_mode))
        return -EMEDIUMTYPE;
    return status->st_size > REGULAR_SIZE_MAX ? -EFBIG : 0;
}

/* O_NONBLOCK: some file systems let a lease or a lock of others delay an open. A pipe is waited
 * for. */
static int open_again(int reference, bool waits)
{
    char path[sizeof "/proc/self/fd/" + 3 * sizeof(int)];
    int descriptor;

    snprintf(path, sizeof path, "/proc/self/fd/%d", reference);
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK));
    return descriptor >= 0 ? descriptor : -errno;
}

/* As in linux/openat2.h, which older systems lack. */
static long open_in_root(int directory, const char *name, int flags)
{
    const struct {
        uint64_t flags, mode, resolve;
    } how = {.flags = (uint64_t)flags, .resolve = 0x10 /* RESOLVE_IN_ROOT */};
    enum { SYSCALL_OPENAT2 = 437 };

    return syscall(SYSCALL_OPENAT2, directory, name, &how, sizeof how);
}

static int open_reference(int directory, const char *name, int flags)
{
    int how = O_PATH | O_CLOEXEC | ((flags & REGULAR_NO_FOLLOW) != 0 ? O_NOFOLLOW : 0);
    long reference;

    if ((flags & REGULAR_IN_ROOT) == 0)
        return openat(directory, name, how);
    reference = open_in_root(directory, name, how);
    if (reference < 0 && (errno == ENOSYS || errno == EPERM))
        return openat(directory, name + strspn(name, "/"), how);
    return (int)reference;
}

int regular_open_at(int directory, const char *name, int flags, struct stat *status)
{
    int reference = open_reference(directory, name, flags);
    int result;

    if (reference < 0)
        return -errno;
    result = judge(reference, flags, status);
    if (result == 0)
        result = open_again(reference, S_ISFIFO(status->st_mode));
    close(reference);
    return result;
}

int regular_open(const char *path, int flags, struct stat *status)
{
    return regular_open_at(AT_FDCWD, path, flags, status);
}

const char *regular_problem(int error)
{
    switch (-error) {
    case EMEDIUMTYPE:
        return "not a regular file";
    case ELOOP:
        return "a symbolic link, or too many of them";
    default:
        return strerror(-error);
    }
}
