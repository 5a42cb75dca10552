// SPDX-License-Identifier: MIT
/* For a host with a function of its own before that of the C library. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int mprotect(void *start, size_t size, int protection)
{
    return (int)syscall(SYS_mprotect, start, size, protection);
}
