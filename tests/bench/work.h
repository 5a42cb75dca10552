// SPDX-License-Identifier: MIT
/* The table of workloads that work.c and work_cxx.cpp each define. */
#pragma once

#include <stddef.h>

/* Blocks that live at once, in each thread. */
enum { WORK_LIVE = 8192 };

struct work {
    const char *name;
    void (*run)(void *state);
    void *(*new_state)(void);
};

#ifdef __cplusplus
extern "C" {
#endif

/* Ends with a row without a name. */
const struct work *work_table(void);
/* Makes that many blocks with sizes from least to most, and keeps them. */
void work_fill(size_t count, size_t least, size_t most);
/* The same for C++. */
const struct work *work_table_cxx(void);

#ifdef __cplusplus
}
#endif
