// SPDX-License-Identifier: MIT
#include "render/titles.h"

#include "load/names.h"

#include <string.h>

/* NULL: the common title. A function may also be data: it is what the kind's object leads to. */
static const struct {
    const char *stack, *function;
} titles[KIND_COUNT] = {
    [KIND_KEY_ORPHAN] = {"deleted at", NULL},
    [KIND_KEY_FOREIGN] = {"deleted at", NULL},
    [KIND_THREAD_STACK] = {"the thread is at", NULL},
    [KIND_THREAD_BLOCKED] = {NULL, "waits on"},
    [KIND_ROBUST_MUTEX] = {NULL, "mutex"},
    [KIND_EXIT_HANDLER] = {"registered at", NULL},
    [KIND_FORK_HANDLER] = {"registered at", NULL},
    [KIND_HOOK] = {"set at", NULL},
    [KIND_ENVIRONMENT] = {"set at", NULL},
    [KIND_POINTER] = {"the memory that points there was made at", "points to"},
    [KIND_REGISTRY] = {"the entry was made at", "points to"},
    [KIND_HEAP_LOST] = {"allocated at", NULL},
    [KIND_HEAP_HELD] = {"allocated at", NULL},
    [KIND_SIGNAL_HANDLER] = {"set at", NULL},
    [KIND_SIGNAL_STACK] = {"set at", NULL},
    [KIND_UNWIND_FRAMES] = {"registered at", NULL},
    [KIND_DESCRIPTOR] = {"opened at", NULL},
    [KIND_MAPPING] = {"mapped at", NULL},
    [KIND_HANDLE] = {"opened at", NULL},
};

/* The other ones of thread-stack are about a thread whose stack itself is the module's memory. */
static bool is_creation(const struct finding_record *data, int kind)
{
    size_t i = 0;

    while (i < data->point_count && strcmp(data->points[i].role, "returns_to") != 0)
        i++;
    return kind == KIND_THREAD_STACK && i == data->point_count;
}

const char *stack_title(const struct finding_record *data)
{
    int kind = name_to_kind(data->kind);

    if (is_creation(data, kind))
        return "created at";
    return kind >= 0 && titles[kind].stack != NULL ? titles[kind].stack : "created at";
}

bool point_is_idle(const struct frame *point)
{
    return strcmp(point->role, "via") == 0 && point->function == NULL && point->symbol == NULL;
}

const char *point_title(const struct finding_record *data, const struct frame *point)
{
    int kind = name_to_kind(data->kind);

    if (strcmp(point->role, "returns_to") == 0)
        return "returns to";
    if (kind >= 0 && titles[kind].function != NULL && strcmp(point->role, "function") == 0)
        return titles[kind].function;
    return point->role;
}
