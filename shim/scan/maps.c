// SPDX-License-Identifier: MIT
#include "scan/maps.h"
#include "base/arena.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST_SIZE = 64 << 10, LARGEST_SIZE = 64 << 20, PAGE = 4096 };

/* The whole file; *size is that of the memory, which the caller gives back. */
static char *read_all(size_t *size)
{
    for (*size = FIRST_SIZE; *size <= LARGEST_SIZE; *size *= 4) {
        char *text = arena_alloc_dirty(*size);
        ssize_t length = text ? sys_read_file("/proc/self/maps", text, *size) : -1;
        if (length > 0 && (size_t)length + 1 < *size)
            return text;
        arena_free(text, *size);
        if (length <= 0)
            break;
    }
    return NULL;
}

/* False: no digits, or too many. */
static bool read_hex(const char **at, uintptr_t *number)
{
    size_t digits = strspn(*at, "0123456789abcdef");
    *number = 0;
    for (size_t i = 0; i < digits; i++, (*at)++)
        *number = *number << 4 | (uintptr_t)(**at <= '9' ? **at - '0' : **at - 'a' + 10);
    return digits > 0 && digits <= 2 * sizeof *number;
}

static bool skip(const char **at, char wanted)
{
    *at += **at == wanted;
    return (*at)[-1] == wanted;
}

static bool has_permissions(const char *at)
{
    return (at[0] == 'r' || at[0] == '-') && (at[1] == 'w' || at[1] == '-') &&
           (at[2] == 'x' || at[2] == '-') && (at[3] == 'p' || at[3] == 's');
}

/* "start-end rwxp offset device inode      name"; proc(5). False: it is none. */
static bool read_line(const char *at, struct mapping *mapping)
{
    if (!read_hex(&at, &mapping->start) || !skip(&at, '-') || !read_hex(&at, &mapping->end) ||
        !skip(&at, ' ') || mapping->start >= mapping->end || !has_permissions(at))
        return false;
    mapping->readable = at[0] == 'r';
    mapping->writable = mapping->readable && at[1] == 'w';
    bool is_private = at[3] == 'p';
    for (unsigned field = 0; field < 4 && *at && *at != '\n'; field++) {
        at += strcspn(at, " \n");
        at += strspn(at, " ");
    }
    mapping->heap = !strncmp(at, "[heap]", 6);
    mapping->anonymous = is_private && (*at == '\n' || !*at || !strncmp(at, "[anon", 5));
    return true;
}

static bool add(struct maps *maps, struct mapping mapping)
{
    if (maps->count == maps->capacity) {
        size_t capacity = maps->capacity ? 2 * maps->capacity : 256;
        struct mapping *list = arena_alloc_dirty(capacity * sizeof *list);
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

/* The kernel writes them in ascending order, whatever changes meanwhile. */
bool maps_parse(struct maps *maps, const char *text)
{
    uintptr_t last_end = 0;
    for (const char *line = text; *line; line += *line == '\n') {
        struct mapping mapping;
        if (!read_line(line, &mapping) || mapping.start < last_end || !add(maps, mapping))
            return false;
        last_end = mapping.end;
        line += strcspn(line, "\n");
    }
    return true;
}

static bool read_text(struct maps *maps)
{
    size_t size;
    char *text = read_all(&size);
    bool complete = text && maps_parse(maps, text);
    arena_free(text, size);
    return complete;
}

/* include/uapi/linux/fs.h of Linux 6.11: one mapping, without its name, the making of which is most
 * of what the text costs. */
struct query {
    uint64_t size, flags, address;
    uint64_t start, end, vma_flags, page_size, offset, inode;
    uint32_t major, minor, name_size, build_id_size;
    uint64_t name, build_id;
};

enum { IS_READABLE = 1, IS_WRITABLE = 2, IS_SHARED = 8, OR_NEXT = 16 };

#define QUERY_MAPPING _IOWR('f', 17, struct query)

/* The heap is the one that ends with the break. */
static struct mapping mapping_of(const struct query *query, uintptr_t heap_end)
{
    bool is_shared = query->vma_flags & IS_SHARED;
    struct mapping mapping = {.start = query->start, .end = query->end};
    mapping.readable = query->vma_flags & IS_READABLE;
    mapping.writable = mapping.readable && query->vma_flags & IS_WRITABLE;
    mapping.heap = query->end == heap_end;
    mapping.anonymous = !query->inode && !is_shared && !mapping.heap;
    return mapping;
}

/* False: the kernel does not answer, or there is no memory. */
static bool ask(struct maps *maps, uintptr_t start, uintptr_t end)
{
    int fd = (int)sys_call(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    uintptr_t heap_end = ((uintptr_t)sys_call(SYS_brk, 0) + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    struct query query = {.size = sizeof query, .flags = OR_NEXT, .address = start};
    bool complete = fd >= 0;
    while (complete && query.address < end && sys_call(SYS_ioctl, fd, QUERY_MAPPING, &query) == 0) {
        complete = add(maps, mapping_of(&query, heap_end));
        query = (struct query){.size = sizeof query, .flags = OR_NEXT, .address = query.end};
    }
    complete = complete && (query.address >= end || errno == ENOENT);
    if (fd >= 0)
        sys_call(SYS_close, fd);
    return complete;
}

bool maps_read(struct maps *maps)
{
    return maps_read_in(maps, 0, UINTPTR_MAX);
}

bool maps_read_in(struct maps *maps, uintptr_t start, uintptr_t end)
{
    *maps = (struct maps){0};
    if (!calls_are_filtered() && ask(maps, start, end))
        return true;
    maps_free(maps);
    if (read_text(maps))
        return true;
    maps_free(maps);
    return false;
}

void maps_free(struct maps *maps)
{
    arena_free(maps->list, maps->capacity * sizeof *maps->list);
    *maps = (struct maps){0};
}

/* The first mapping that ends after an address. */
static size_t first_ending_after(const struct maps *maps, uintptr_t address)
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
    size_t i = first_ending_after(maps, address);
    return i < maps->count && maps->list[i].start <= address ? &maps->list[i] : NULL;
}

bool maps_overlap(const struct maps *maps, uintptr_t start, uintptr_t end)
{
    size_t i = first_ending_after(maps, start);
    return i < maps->count && maps->list[i].start < end;
}
