// SPDX-License-Identifier: MIT
#include "base/clock.h"
#include "base/sys.h"
#include "base/userfaults.h"
#include "support.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

/* The shim reads behind link maps, whose size it does not know. */
Test(sys, memory_behind_an_object_is_read)
{
    char behind[16] = "abc", to[32];
    static char object[8] = "object";
    cr_assert_eq(sys_read_memory(object, to, sizeof to), (ssize_t)sizeof to);
    cr_assert_str_eq(to, "object");
    cr_assert_eq(sys_read_memory(behind + 1, to, sizeof to), (ssize_t)sizeof to);
    cr_assert_str_eq(to, "bc");
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

/* Of pages that nobody brings, the second is not there. False: the kernel has no such thing for us.
 */
static bool lose_page(char *pages, size_t size)
{
    int file = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    struct uffdio_register range = {.range = {(uintptr_t)pages, size},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};
    return file >= 0 && ioctl(file, UFFDIO_API, &api) == 0 &&
           ioctl(file, UFFDIO_REGISTER, &range) == 0 &&
           madvise(pages + 4096, 4096, MADV_DONTNEED) == 0;
}

Test(sys, memory_that_the_program_brings_is_not_waited_for)
{
    enum { PAGE = 4096, SIZE = 3 * PAGE };
    char to[SIZE];
    char *pages = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(pages, 'x', SIZE);
    if (!lose_page(pages, SIZE))
        return;
    userfaults_note_made();
    uintptr_t start = (uintptr_t)pages;
    const struct sys_span spans[] = {{start, 100}, {start + 100, PAGE - 100}, {start + PAGE, 8}};
    cr_assert_eq(sys_read_memory(pages + PAGE - 4, to, 8), 4, "up to the end of the page");
    cr_assert_eq(sys_read_memory(pages + PAGE, to, 8), -1);
    cr_assert_eq(sys_copy_memory(pages, to, SIZE), PAGE);
    cr_assert_eq(sys_copy_memory(pages + PAGE + 100, to, 8), -1);
    cr_assert_eq(sys_copy_memory(pages + 2 * PAGE, to, PAGE), PAGE);
    cr_assert_eq(sys_copy_spans(spans, 3, to), PAGE);
    cr_assert_eq(to[PAGE - 1], 'x');
    bool is_held = sys_hold_memory();
    cr_assert(is_held);
    cr_assert_not(sys_hold_memory(), "once");
    cr_assert_eq(sys_copy_memory(pages, to, SIZE), PAGE);
    sys_release_memory();
    cr_assert_eq(sys_copy_memory(pages, to, SIZE), PAGE);
}

Test(sys, forks_wait_only_for_who_asked_for_it)
{
    cr_assert_not(userfaults_may_stop_forks());
    userfaults_note_made();
    cr_assert(userfaults_are_possible());
    cr_assert(userfaults_may_stop_forks(), "its features are not known yet");
    userfaults_note_features(0);
    userfaults_note_features(0);
    cr_assert_not(userfaults_may_stop_forks());
    userfaults_note_made();
    cr_assert(userfaults_may_stop_forks());
    userfaults_note_features(UFFD_FEATURE_EVENT_FORK);
    cr_assert(userfaults_may_stop_forks());
    userfaults_note_features(0);
    cr_assert(userfaults_may_stop_forks());
    userfaults_forget();
    cr_assert_not(userfaults_are_possible());
}
