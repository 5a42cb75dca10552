// SPDX-License-Identifier: MIT
/*
 * Defect: this module needs tidy.so (DT_NEEDED).
 *
 * Report, when the host closes tidy.so while this module is open: still-mapped about tidy.so, with
 * this module as the holder. When this one is closed, both are unloaded.
 */
#include "plugin.h"

int tidy_answer(void);

ENTRY(start)
{
    return tidy_answer() == 42 ? 0 : -1;
}
