// SPDX-License-Identifier: MIT
/* A liblzma.so.5 of a plug-in's own, with a version that the system's does not have. */
#include "../observe.h"

EXPORT(int, lzma_own, void)
{
    return 99;
}
