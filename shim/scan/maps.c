// SPDX-License-Identifier: MIT
#include "scan/maps.h"
#include "base/arena.h"
#include "base/sys.h"

#include <string.h>

enum { FIRST_SIZE = 64 << 10, LARGEST_SIZE = 64 << 20 };

/* The whole file; *size is that of the memory, which the caller gives back. */
static char *read_all(size_t *size)
{
    for (*size = FIRST_SIZE; *size <= LARGEST_SIZE; *size *= 4) {
        char *text = arena_alloc(*size);
        ssize_t length = text ? sys_read_file("/proc/self/maps", text, *size) : -1;
        if (length > 0 && (size_t)length + 1 < *size)
            return text;
        arena_free(text, *size);
        if (length <= 0)
            break;
    }
    return NULL;
}

static uintptr_t read_hex(const char **at)
{
    uintptr_t number = 0;
    for (;; (*at)++) {
        char c = **at;
        if (c >= '0' && c <= '9')
            number = number << 4 | (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            number = number << 4 | (uintptr_t)(c - 'a' + 10);
        else
            return number;
    }
}

/* "start-end rwxp offset device inode      name"; proc(5). */
static struct mapping read_line(const char *at)
{
    struct mapping mapping = {.start = read_hex(&at)};
    at += *at == '-';
    mapping.end = read_hex(&at);
    at += *at == ' ';
    mapping.readable = at[0] == 'r';
    mapping.writable = mapping.readable && at[1] == 'w';
    bool is_private = at[0] && at[1] && at[2] && at[3] == 'p';
    for (unsigned field = 0; field < 4 && *at && *at != '\n'; field++) {
        at += strcspn(at, " \n");
        at += strspn(at, " ");
    }
    mapping.heap = !strncmp(at, "[heap]", 6);
    mapping.anonymous = is_private && (*at == '\n' || !*at || !strncmp(at, "[anon", 5));
    return mapping;
}

static bool add(struct maps *maps, struct mapping mapping)
{
    if (maps->count == maps->capacity) {
        size_t capacity = maps->capacity ? 2 * maps->capacity : 256;
        struct mapping *list = arena_alloc(capacity * sizeof *list);
        if (!list)
            return false;
        if (maps->list)
            memcpy(list, maps->list, maps->count * sizeof *list);
        arena_free(maps->list, maps->capacity * sizeof *list);
        maps->list = list;
        maps->capacity = capacity;
    }
    maps->list[maps->count++] = mapping;
    return true;
}

bool maps_read(struct maps *maps)
{
    size_t size;
    *maps = (struct maps){0};
    char *text = read_all(&size);
    bool complete = text != NULL;
    for (const char *line = text; complete && *line;) {
        complete = add(maps, read_line(line));
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    arena_free(text, size);
    if (!complete)
        maps_free(maps);
    return complete;
}

void maps_free(struct maps *maps)
{
    arena_free(maps->list, maps->capacity * sizeof *maps->list);
    *maps = (struct maps){0};
}

/* The first mapping that ends behind an address. */
static size_t first_behind(const struct maps *maps, uintptr_t address)
{
    size_t low = 0, high = maps->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (maps->list[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct mapping *maps_find(const struct maps *maps, uintptr_t address)
{
    size_t i = first_behind(maps, address);
    return i < maps->count && maps->list[i].start <= address ? &maps->list[i] : NULL;
}

bool maps_overlap(const struct maps *maps, uintptr_t start, uintptr_t end)
{
    size_t i = first_behind(maps, start);
    return i < maps->count && maps->list[i].start < end;
}
