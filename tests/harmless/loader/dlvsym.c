// SPDX-License-Identifier: MIT
/* "same search paths", for dlvsym: old, default and missing versions, and libc's own. */
#include "../observe.h"

static void call(void *handle, const char *version)
{
    int (*function)(void) = (int (*)(void))dlvsym(handle, "versioned", version);
    say("versioned@%s: %d", version, function ? function() : 0);
    say(" %s\n", function ? "" : dlerror());
}

int main(void)
{
    void *handle = open_plugin("./versioned.so", RTLD_NOW | RTLD_GLOBAL);
    call(handle, "V_1");
    call(handle, "V_2");
    call(handle, "V_3");
    call(RTLD_DEFAULT, "V_1");
    call(RTLD_NEXT, "V_2");
    int (*plain)(void) = (int (*)(void))dlsym(handle, "versioned");
    say("versioned: %d\n", plain ? plain() : 0);
    say("pthread_create@GLIBC_2.34: %s\n",
        dlvsym(RTLD_DEFAULT, "pthread_create", "GLIBC_2.34") ? "found" : dlerror());
    say("getpid@GLIBC_9.9: %s\n",
        dlvsym(RTLD_DEFAULT, "getpid", "GLIBC_9.9") ? "found" : dlerror());
    dlclose(handle);
    return observe_status();
}
