// SPDX-License-Identifier: MIT
/*
 * Defect: generated code of Protocol Buffers in a plug-in: its constructor gives the library
 * descriptors in the image, for good.
 *
 * Report: registry about this plug-in. A second load would end the process: the library has the
 * descriptors already.
 *
 * Fix: link the generated code into a library that stays, or the plug-in with -z nodelete.
 */
#include "described.pb.h"
#include "plugin.h"

ENTRY(start)
{
    samples::Described described;
    described.set_number(1);
    return described.number() == 1 ? 0 : -1;
}
