// SPDX-License-Identifier: MIT
/* The tables that both plugin.c and tidy.c register; tidy.c deregisters them. */
#ifndef SAMPLES_REGISTERING_H
#define SAMPLES_REGISTERING_H

#include "plugin.h"
#include "tables.h"

#include <stddef.h>

static int sum;

static void add(void)
{
    sum++;
}

static struct tables tables = TABLES_OF((const void *)add);
static void *list[] = {&tables, NULL};
static struct notes notes;

ENTRY(start_info)
{
    __register_frame_info(&tables, &notes);
    return 0;
}

ENTRY(start_info_bases)
{
    __register_frame_info_bases(&tables, &notes, NULL, NULL);
    return 0;
}

ENTRY(start_info_table)
{
    __register_frame_info_table(list, &notes);
    return 0;
}

#endif
