// SPDX-License-Identifier: MIT
/* As many plug-ins with static TLS can be opened as without the shim: it takes none of the reserve.
 */
#include "../observe.h"

int main(void)
{
    char name[32];
    int count = 0;
    for (; count < 16; count++) {
        snprintf(name, sizeof name, "./static_tls%d.so", count);
        void *handle = dlopen(name, RTLD_NOW);
        if (!handle)
            break;
        char *(*area)(void) = (char *(*)(void))symbol(handle, "static_tls");
        area()[255] = 1;
    }
    say("%d, then: %s\n", count, count < 16 ? dlerror() : "no more files");
    check(count > 2);
    return observe_status();
}
