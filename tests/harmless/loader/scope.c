// SPDX-License-Identifier: MIT
/*
 * "Nothing of libunwind (or any other dependency) may become visible in the global symbol scope: a
 * plug-in's _Unwind_RaiseException must bind to libgcc_s as it does without the shim."
 */
#include "../observe.h"

static void say_global(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    say("%s from the program: %s\n", name, found ? where(found) : "absent");
}

static void say_globals(void)
{
    say_global("_Unwind_RaiseException");
    say_global("_Unwind_Backtrace");
    say_global("_Unwind_Find_FDE");
    say_global("__register_frame");
    say_global("__cxa_throw");
    say_global("__gxx_personality_v0");
    say_global("unw_step");
    say_global("unw_init_local");
    say_global("__unw_step");
    say_global("_ULx86_64_step");
    say_global("_Uaarch64_step");
    say_global("lzma_code");
    say_global("deflate");
    say_global("elf_begin");
    say_global("dwfl_begin");
}

int main(int argc, char **argv)
{
    (void)argv;
    say_globals();
    for (int round = 0; round < 2; round++) {
        void *handle = open_plugin("./scope.so", (argc > 1 ? RTLD_LAZY : RTLD_NOW) | RTLD_LOCAL);
        int (*scope)(int) = (int (*)(int))symbol(handle, "scope");
        scope(5);
        dlclose(handle);
        leave_something();
    }
    say_globals();
    return observe_status();
}
