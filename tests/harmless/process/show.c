// SPDX-License-Identifier: MIT
/*
 * Prints what a program gets that was started by exec: arguments, environment (but for the
 * variables that preload the library), descriptors. Status 12.
 */
#include "../observe.h"

extern char **environ;

int main(int argc, char **argv)
{
    for (int at = 0; at < argc; at++)
        say("    argument %d: %s\n", at, argv[at]);
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, "LD_PRELOAD=", 11) != 0 && strncmp(*variable, "DLPIN_", 6) != 0)
            say("    %s\n", *variable);
    for (int number = 0; number < 64; number++)
        if (fcntl(number, F_GETFD) >= 0)
            say("    descriptor %d\n", number);
    return 12;
}
