// SPDX-License-Identifier: MIT
/* Uses the names of own_names.c, and a liblzma of its own that Debian's could not replace. */
#include "../observe.h"

int unw_step(void *cursor);
int unw_backtrace(void **buffer, int size);
int uthash_version(void);
int lzma_own(void);

EXPORT(int, own_user, void)
{
    void *frames[4];
    say("unw_step %d, unw_backtrace %d, uthash_version %d, lzma_own %d\n", unw_step(NULL),
        unw_backtrace(frames, 4), uthash_version(), lzma_own());
    return unw_step(NULL) == 4711 && lzma_own() == 99;
}
