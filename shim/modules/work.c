// SPDX-License-Identifier: MIT
#include "modules/work.h"

#include <stdatomic.h>

static _Atomic unsigned listed, noted;

void work_note(unsigned works)
{
    if ((atomic_load_explicit(&noted, memory_order_relaxed) & works) != works)
        atomic_fetch_or(&noted, works);
}

bool work_take(unsigned works)
{
    return atomic_load_explicit(&noted, memory_order_relaxed) & works &&
           atomic_fetch_and(&noted, ~works) & works;
}

bool work_any(unsigned works)
{
    return ((atomic_load_explicit(&listed, memory_order_relaxed) |
             atomic_load_explicit(&noted, memory_order_relaxed)) &
            works) != 0;
}

void work_list(unsigned works)
{
    atomic_store(&listed, works);
}

void work_list_more(unsigned works)
{
    atomic_fetch_or(&listed, works);
}
