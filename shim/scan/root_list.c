// SPDX-License-Identifier: MIT
#include "scan/root_list.h"
#include "base/arena.h"

#include <string.h>

void roots_add(struct roots *roots, struct root root)
{
    if (roots->count == roots->capacity) {
        size_t capacity = roots->capacity ? 2 * roots->capacity : 256;
        struct root *list = arena_alloc_dirty(capacity * sizeof *list);
        if (!list) {
            roots->failed = true;
            return;
        }
        if (roots->list)
            memcpy(list, roots->list, roots->count * sizeof *list);
        arena_free(roots->list, roots->capacity * sizeof *list);
        roots->list = list;
        roots->capacity = capacity;
    }
    roots->list[roots->count++] = root;
}

void roots_free(struct roots *roots)
{
    arena_free(roots->list, roots->capacity * sizeof *roots->list);
    *roots = (struct roots){0};
}

/* Words that std::call_once leaves in thread-local variables are not used again. */
bool root_may_point(const struct root *root)
{
    bool is_left = root->kind == ROOT_TLS && root->module->cxx_library;
    return (root->kind <= ROOT_TLS || root->kind == ROOT_LIBC) && !is_left;
}

void taken_add(struct taken *taken, uintptr_t start, uintptr_t end)
{
    if (taken->count == TAKEN_MAX || start >= end)
        return;
    size_t at = taken->count++;
    for (; at > 0 && taken->list[at - 1].start > start; at--)
        taken->list[at] = taken->list[at - 1];
    taken->list[at] = (struct interval){start, end};
}
