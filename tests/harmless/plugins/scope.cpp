// SPDX-License-Identifier: MIT
/* Says to which library the names of exception handling and unwinding are bound, here in a plug-in.
 */
#include "../observe.h"
#include <new>
#include <stdexcept>
#include <unwind.h>

extern "C" {
#include "../../../samples/unwind-frames/tables.h"
}
extern "C" int unw_step(void *) __attribute__((weak));
extern "C" int unw_getcontext(void *) __attribute__((weak));
extern "C" int lzma_code(void *, int) __attribute__((weak));

static void say_bound(const char *name, void *direct)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    say("  %s: %s, by dlsym %s\n", name, where(direct), where(found));
}

/* These two may lead through the shim: they have to reach the unwinder that the others are of. */
static void say_registering()
{
    static char code[16];
    static struct tables tables;
    tables.common.length = tables.function.length = 20;
    tables.common.version = tables.common.code_alignment = 1;
    tables.common.data_alignment = 0x78;
    tables.common.return_register = RETURN_REGISTER;
    tables.function.to_common = 28;
    tables.function.start = code;
    tables.function.size = sizeof code;
    __register_frame(&tables);
    bool is_found = _Unwind_FindEnclosingFunction(code + 4) == code;
    __deregister_frame(&tables);
    say("  registered tables are %s\n", is_found ? "found" : "FAILED");
    say("  deregistered ones are %s\n",
        _Unwind_FindEnclosingFunction(code + 4) ? "FAILED" : "not found");
    say("  __register_frame by dlsym: %s\n", where(dlsym(RTLD_DEFAULT, "__register_frame")));
}

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *, void *data)
{
    ++*static_cast<int *>(data);
    return _URC_NO_REASON;
}

EXPORT(int, scope, int depth)
{
    if (depth > 0)
        return scope(depth - 1) + (depth > 1000);
    int frames = 0;
    _Unwind_Backtrace(count_frame, &frames);
    say("  frames are %s\n", frames > 5 ? "seen" : "FAILED");
    say_bound("_Unwind_RaiseException", (void *)_Unwind_RaiseException);
    say_bound("_Unwind_Resume", (void *)_Unwind_Resume);
    say_bound("_Unwind_Backtrace", (void *)_Unwind_Backtrace);
    say_bound("_Unwind_GetIP", (void *)_Unwind_GetIP);
    say_bound("_Unwind_FindEnclosingFunction", (void *)_Unwind_FindEnclosingFunction);
    say_registering();
    say_bound("unw_step", (void *)unw_step);
    say_bound("unw_getcontext", (void *)unw_getcontext);
    say_bound("lzma_code", (void *)lzma_code);
    say_bound("uncaught_exception", dlsym(RTLD_DEFAULT, "_ZSt18uncaught_exceptionv"));
    say_bound("_ZTISt13runtime_error", (void *)&typeid(std::runtime_error));
    say_bound("__gxx_personality_v0", dlsym(RTLD_DEFAULT, "__gxx_personality_v0"));
    try {
        throw std::runtime_error("thrown");
    } catch (const std::exception &error) {
        say("  %s and caught\n", error.what());
    }
    return 0;
}
