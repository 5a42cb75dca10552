// SPDX-License-Identifier: MIT
/* With eight descriptors in all, the program has as many of them as without the shim. */
#include "../observe.h"

int main(void)
{
    for (int round = 0; round < 2; round++) {
        int numbers[10];
        int count = 0;
        void *handle = open_plugin("./leftover.so", RTLD_NOW);
        void (*leave)(int) = (void (*)(int))symbol(handle, "leave");
        while (count < 10 && (numbers[count] = open("/dev/null", O_RDONLY)) >= 0)
            count++;
        say("%d more, then %s\n", count, error_name(errno));
        leave(1);
        dlclose(handle);
        errno = 0;
        say("dlopen: %s\n", dlopen("./quiet.so", RTLD_NOW) ? "works" : dlerror());
        while (count > 0)
            close(numbers[--count]);
        leave_something();
    }
    say("threads %d\n", count_threads());
    return observe_status();
}
