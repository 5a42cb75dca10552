// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "base/sys.h"
#include "support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

Test(sys, memory_that_is_not_there_is_not_read)
{
    char to[64];
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(pages, 'x', 8192);
    munmap(pages + 4096, 4096);
    cr_assert_eq(sys_read_memory(pages + 100, to, 64), 64);
    cr_assert_eq(to[63], 'x');
    cr_assert_eq(sys_read_memory(pages + 4090, to, 64), 6, "up to the end of the page");
    cr_assert_eq(sys_read_memory(pages + 4096, to, 64), -1);
    cr_assert_eq(sys_read_memory(NULL, to, 8), -1);
    cr_assert_eq(sys_read_memory((void *)1, to, 8), -1);
    cr_assert_eq(sys_read_memory((void *)(UINTPTR_MAX - 100), to, 8), -1);
    cr_assert_eq(sys_read_memory((void *)0x8000000000000000, to, 8), -1, "not canonical");
    mprotect(pages, 4096, PROT_NONE);
    cr_assert_eq(sys_read_memory(pages, to, 8), -1);
}

Test(sys, files_are_cut_to_the_room)
{
    char to[8];
    cr_assert_eq(chdir(support_directory()), 0);
    int fd = open("f", O_CREAT | O_WRONLY, 0600);
    cr_assert_eq(write(fd, "0123456789", 10), 10);
    close(fd);
    cr_assert_eq(sys_read_file("f", to, sizeof to), 7);
    cr_assert_str_eq(to, "0123456");
    cr_assert_eq(sys_read_file("missing", to, sizeof to), -1);
    cr_assert_eq(sys_read_file(".", to, sizeof to), 0);
}

Test(sys, threads)
{
    cr_assert_eq(sys_getpid(), getpid());
    cr_assert(sys_thread_alive(sys_gettid()));
    cr_assert_not(sys_thread_alive(0x3ffffff));
    cr_assert_not(sys_thread_alive(1) && getpid() != 1, "not one of ours");
}

Test(sys, maps)
{
    char *p = sys_map(100000), *shared = sys_map_shared(100000);
    uintptr_t code = (uintptr_t)sys_map;
    cr_assert(code - (uintptr_t)p > (uintptr_t)32 << 30);
    cr_assert(code - (uintptr_t)shared > (uintptr_t)32 << 30);
    cr_assert_neq(p, shared);
    munmap(shared, 100000);
    cr_assert_eq(p[99999], 0);
    sys_unmap(p, 100000);
    cr_assert_null(sys_map((size_t)1 << 60));
}
