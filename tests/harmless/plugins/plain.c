// SPDX-License-Identifier: MIT
/* A plug-in that does nothing but print when it is loaded and unloaded, where SAYS is defined. */
#include "../observe.h"

#ifdef SAYS
__attribute__((constructor)) static void start(void)
{
    say("  " SAYS " starts\n");
}

__attribute__((destructor)) static void stop(void)
{
    say("  " SAYS " stops\n");
}
#endif

#ifdef NEEDS
int base_of_plain(void);
#endif

EXPORT(int, plain, void)
{
#ifdef NEEDS
    return base_of_plain();
#else
    return 1;
#endif
}

#ifdef GIVES
EXPORT(int, base_of_plain, void)
{
    return 2;
}
#endif
