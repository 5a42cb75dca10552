// SPDX-License-Identifier: MIT
/*
 * "A file descriptor is only written if it is still the file that it was": started with standard
 * error closed, the program's first file gets number 2; a report does not go there.
 */
#include "../observe.h"

int main(void)
{
    int file = open("data.txt", O_CREAT | O_RDWR, 0600);
    say("the data file is %d\n", file);
    check(write(file, "first\n", 6) == 6);
    leave_something();
    check(write(file, "second\n", 7) == 7);
    void *handle = open_plugin("./quiet.so", RTLD_NOW);
    dlclose(handle);
    leave_something();
    check(write(file, "third\n", 6) == 6);
    return observe_status();
}
