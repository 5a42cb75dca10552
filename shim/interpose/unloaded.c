// SPDX-License-Identifier: MIT
#include "interpose/unloaded.h"
#include "base/calls.h"
#include "base/sys.h"

#include <errno.h>

bool function_is_unloaded(const struct frame *function)
{
    int saved_errno = errno;
    char byte;
    bool unloaded =
        module_is_unloaded(function->module) ||
        (sys_read_memory((const void *)function->pc, &byte, 1) != 1 && !calls_are_over());
    errno = saved_errno;
    return unloaded;
}
