// SPDX-License-Identifier: MIT
/*
 * "A file descriptor is only written if it is still the file that it was": the program closes all
 * of them, in three ways, and puts files of its own in the place of each; they hold its own data
 * only.
 */
#include "../observe.h"
#include <sys/resource.h>

static void close_all(const char *how)
{
    if (strcmp(how, "closefrom") == 0)
        closefrom(3);
    else if (strcmp(how, "close_range") == 0)
        close_range(3, ~0U, 0);
    else
        for (int number = 3; number < 1024; number++)
            close(number);
}

static void write_text(int file, const char *text)
{
    check(write(file, text, strlen(text)) == (ssize_t)strlen(text));
}

/* A file for every number that there may be, so that any that we had is now the program's. */
static int fill(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 4096 && limit.rlim_max >= 4096)
        limit.rlim_cur = 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
    int first = open("filled.txt", O_CREAT | O_RDWR | O_APPEND, 0600);
    int count = 1;
    while (count < 20000 && dup(first) >= 0)
        count++;
    return count;
}

static void release(void)
{
    for (int number = 50; number < 100; number++)
        close(number);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "closefrom";
    leave_something();
    close_all(how);
    for (int number = 0; number < 3; number++)
        close(number);
    check(open("input.txt", O_CREAT | O_RDWR, 0600) == 0);
    check(open("output.txt", O_CREAT | O_RDWR, 0600) == 1);
    check(open("errors.txt", O_CREAT | O_RDWR, 0600) == 2);
    leave_something();
    write_text(2, "an error of the program's\n");
    say("a line of the program's\n");
    int count = fill();
    say("filled %s\n", count > 1000 ? "all" : "FAILED: few");
    release();
    leave_something();
    dlopen("./absent.so", RTLD_NOW);
    write_text(70 < count ? 49 : 3, "a line into the filled ones\n");
    leave_something();
    write_text(2, "the last error of the program's\n");
    return observe_status();
}
