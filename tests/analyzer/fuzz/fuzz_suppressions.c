// SPDX-License-Identifier: MIT
/*
 * libFuzzer target (with -close_fd_mask=3, for damaged lines are named): bytes as a file of
 * suppressions, applied to an example report. Built and run like fuzz_load.c.
 */
#include "fuzz_support.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    const char *paths[] = {fuzz_file(data, size)};
    struct exceptions exceptions = {.today = 20260615, .suppression_count = 1};

    fuzz_model(&model);
    exceptions.suppression_paths = calloc(1, sizeof *paths);
    exceptions.suppression_paths[0] = paths[0];
    if (exceptions_read(&exceptions))
        exceptions_apply(&exceptions, &model);
    exceptions_clear(&exceptions);
    return 0;
}
