// SPDX-License-Identifier: MIT
#include "base/file.h"
#include "base/arena.h"
#include "base/calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { SIZE_MAX_READ = 1 << 20 };

/* A FIFO would block, and a device may do anything. */
static bool is_regular(int fd, size_t *size)
{
    struct stat status;
    if (sys_call(SYS_fstat, fd, &status) || !S_ISREG(status.st_mode) ||
        status.st_size > SIZE_MAX_READ)
        return false;
    *size = (size_t)status.st_size;
    return true;
}

static bool read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    for (long n = 1; length < size && n > 0; length += (size_t)n) {
        n = sys_call(SYS_read, fd, text + length, size - length);
        if (n <= 0)
            return false;
    }
    return true;
}

char *file_read(const char *path, size_t *size)
{
    char *text = NULL;
    int fd =
        (int)sys_call(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return NULL;
    if (is_regular(fd, size))
        text = arena_alloc(*size + 1);
    if (text && !read_all(fd, text, *size)) {
        arena_free(text, *size + 1);
        text = NULL;
    }
    sys_call(SYS_close, fd);
    return text;
}
