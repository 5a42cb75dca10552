// SPDX-License-Identifier: MIT
/*
 * What it has: a need of tidy.so (DT_NEEDED).
 *
 * What dlpin says when the host closes tidy.so while this is open: still-mapped about tidy.so, with
 * this as the holder. When this is closed, both go.
 */
#include "plugin.h"

int tidy_answer(void);

ENTRY(start)
{
    return tidy_answer() == 42 ? 0 : -1;
}
