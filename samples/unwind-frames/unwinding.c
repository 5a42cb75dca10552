// SPDX-License-Identifier: MIT
#include "unwinding.h"
#include "tables.h"

#include <stddef.h>
#include <unwind.h>

void unwinding_register(void *begin)
{
    __register_frame(begin);
}

void unwinding_deregister(void *begin)
{
    __deregister_frame(begin);
}

static _Unwind_Reason_Code count(struct _Unwind_Context *context, void *frames)
{
    (void)context;
    ++*(int *)frames;
    return _URC_NO_REASON;
}

int unwind(void)
{
    int frames = 0;

    _Unwind_Backtrace(count, &frames);
    return frames > 0 ? 0 : -1;
}
