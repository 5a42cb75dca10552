// SPDX-License-Identifier: MIT
#include "base/output.h"
#include "base/arena.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char place[4096];

static void enter_directory(void)
{
    snprintf(place, sizeof place, "%s", support_directory());
    cr_assert_eq(chdir(place), 0);
}

TestSuite(output, .init = enter_directory);

static const char *content(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

/* "stem PID end" */
static char *with_pid(const char *stem, const char *end)
{
    char *path;
    cr_assert(asprintf(&path, "%s%d%s", stem, getpid(), end) > 0);
    return path;
}

Test(output, the_pattern_is_expanded)
{
    cr_assert_eq(output_file_open("%e-%p-%x-%", "program"), 0);
    cr_assert_str_eq(output_file_path(), with_pid("program-", "-%x-%"));
}

Test(output, without_p_the_pid_is_added)
{
    cr_assert_eq(output_file_open("report", "program"), 0);
    cr_assert_str_eq(output_file_path(), with_pid("report.", ""));
}

Test(output, mode_flags_and_number)
{
    struct stat st;
    umask(0);
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    cr_assert_eq(stat(output_file_path(), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600);
    for (int fd = 3; fd < 100; fd++) {
        struct stat now;
        cr_assert_not(fstat(fd, &now) == 0 && now.st_ino == st.st_ino && now.st_dev == st.st_dev,
                      "descriptor %d is a low one", fd);
    }
}

Test(output, an_existing_name_gets_a_number)
{
    char *path = with_pid("r.", ""), *second = with_pid("r.", ".1"), *third = with_pid("r.", ".2");
    close(open(path, O_CREAT | O_WRONLY, 0600));
    close(open(second, O_CREAT | O_WRONLY, 0600));
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    cr_assert_str_eq(output_file_path(), third);
    cr_assert(output_file_write("x", 1));
    cr_assert_str_empty(content(path));
    cr_assert_str_eq(content(third), "x");
}

Test(output, a_symbolic_link_is_not_followed)
{
    char *path = with_pid("r.", "");
    cr_assert_eq(symlink("victim", path), 0);
    output_file_open("r.%p", "p");
    output_file_write("x", 1);
    cr_assert_neq(access("victim", F_OK), 0, "nothing was made behind the link");
    cr_assert_str_eq(output_file_path(), with_pid("r.", ".1"));
}

Test(output, errors_are_reported)
{
    cr_assert_eq(output_file_open("missing/r.%p", "p"), -ENOENT);
    close(open("file", O_CREAT | O_WRONLY, 0600));
    cr_assert_eq(output_file_open("file/r.%p", "p"), -ENOTDIR);
    char *longest = malloc(600);
    memset(longest, 'n', 599);
    longest[599] = '\0';
    cr_assert_eq(output_file_open(longest, "p"), -ENAMETOOLONG);
    cr_assert_not(output_file_write("x", 1));
    cr_assert_null(output_file_path());
}

Test(output, a_directory_that_may_not_be_written)
{
    if (geteuid() == 0)
        cr_skip("root may write everywhere");
    mkdir("closed", 0500);
    cr_assert_eq(output_file_open("closed/r.%p", "p"), -EACCES);
}

static int report_descriptor(void)
{
    struct stat want, now;
    cr_assert_eq(stat(output_file_path(), &want), 0);
    for (int fd = 0; fd < 4096; fd++)
        if (fstat(fd, &now) == 0 && now.st_ino == want.st_ino && now.st_dev == want.st_dev)
            return fd;
    return -1;
}

Test(output, a_closed_descriptor_is_opened_again)
{
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    cr_assert(output_file_write("one ", 4));
    close(report_descriptor());
    cr_assert(output_file_write("two", 3));
    cr_assert_str_eq(content(output_file_path()), "one two");
}

Test(output, a_number_used_again_is_left_alone)
{
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    int fd = report_descriptor();
    int other = open("other", O_CREAT | O_RDWR, 0600);
    cr_assert_eq(dup2(other, fd), fd);
    cr_assert(output_file_write("x", 1));
    cr_assert_str_empty(content("other"));
    cr_assert_str_eq(content(output_file_path()), "x");
}

/* Not by unlink: the new file would often get the old one's number. */
Test(output, a_replaced_file_is_not_written_to)
{
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    close(open("new", O_CREAT | O_WRONLY, 0600));
    close(report_descriptor());
    cr_assert_eq(rename("new", output_file_path()), 0);
    cr_assert_not(output_file_write("x", 1));
    cr_assert_str_empty(content(output_file_path()));
}

static int free_descriptors(void)
{
    int fds[64], count = 0;
    while (count < 64 && (fds[count] = dup(0)) >= 0)
        count++;
    for (int i = 0; i < count; i++)
        close(fds[i]);
    return count;
}

Test(output, few_descriptors_are_all_the_programs)
{
    struct rlimit few = {40, 40};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    int before = free_descriptors();
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    cr_assert(output_file_write("x", 1));
    cr_assert_eq(free_descriptors(), before);
}

Test(output, standard_error_that_changed_is_left_alone)
{
    output_init();
    int other = open("other", O_CREAT | O_RDWR, 0600);
    dup2(other, STDERR_FILENO);
    cr_assert_not(output_stderr("x", 1));
    cr_assert_str_empty(content("other"));
}

Test(output, standard_error_closed_at_the_start)
{
    close(STDERR_FILENO);
    output_init();
    int other = open("other", O_CREAT | O_RDWR, 0600);
    cr_assert_eq(other, STDERR_FILENO);
    cr_assert_not(output_stderr("x", 1));
    cr_assert_str_empty(content("other"));
}

static volatile int signals;

static void count_signal(int number)
{
    signals++;
}

Test(output, no_signal_for_a_closed_pipe)
{
    int ends[2];
    sigset_t pending;
    signal(SIGPIPE, count_signal);
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    close(ends[0]);
    output_init();
    cr_assert_not(output_stderr("x", 1));
    sigpending(&pending);
    cr_assert_eq(signals, 0);
    cr_assert_not(sigismember(&pending, SIGPIPE));
}

Test(output, a_pending_signal_of_the_program_stays)
{
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGPIPE);
    support_catch_stderr();
    output_init();
    cr_assert(output_stderr("x", 1));
    sigpending(&pending);
    cr_assert(sigismember(&pending, SIGPIPE));
}

Test(output, a_fork_child_has_its_own)
{
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    cr_assert(output_file_write("parent", 6));
    pid_t child = fork();
    if (child == 0) {
        output_fork_child();
        bool good = output_file_open("r.%p", "p") == 0 && output_file_write("child", 5) &&
                    !strcmp(content(output_file_path()), "child");
        _exit(good ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    cr_assert_str_eq(content(output_file_path()), "parent");
}

Test(output, a_fork_child_that_can_make_none_shares_its_parents)
{
    cr_assert_eq(output_file_open("r.%p", "p"), 0);
    pid_t child = fork();
    if (child == 0) {
        output_fork_child();
        bool good = output_file_open("missing/r.%p", "p") == 0 && output_file_write("child", 5);
        _exit(good ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    cr_assert_str_eq(content(output_file_path()), "child");
}

Test(output, absolute_paths)
{
    char expected[4200], *here = getcwd(NULL, 0);
    snprintf(expected, sizeof expected, "%s/a/b", here);
    cr_assert_str_eq(output_absolute_path("a/b"), expected);
    cr_assert_str_eq(output_absolute_path("./a/b"), expected);
    cr_assert_str_eq(output_absolute_path("/x/y"), "/x/y");
    free(here);
}
