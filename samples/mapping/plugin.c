// SPDX-License-Identifier: MIT
/*
 * Defect: memory that this plug-in mapped, and did not unmap.
 *
 * Consequence: nobody knows where it is any more. Each load of the plug-in leaves as much.
 *
 * Report: mapping, lost, warning; with the bytes, and the stack of the call that mapped it. Where a
 * retention path leads there (given.c): held, note.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, SIZE = 16 * PAGE };

static char *area;

static inline int map(void)
{
    area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return area != MAP_FAILED ? 0 : -1;
}

ENTRY(start)
{
    int error = map();

    return error;
}

/* Each leads to itself and to the next one: nobody leads to any. */
ENTRY(start_ring)
{
    char **first = NULL, **last = NULL;

    for (volatile unsigned i = 0; i < 3; i++) {
        if (map() != 0)
            return -1;
        *(char **)area = (char *)last;
        last = (char **)area;
        first = i == 0 ? last : first;
    }
    *first = area;
    return 0;
}

/* Mostly comes to lie where the loader had its cache of libraries a moment ago; it keeps pointers
 * to entries of that. */
ENTRY(start_at_cache)
{
    struct stat cache;

    if (stat("/etc/ld.so.cache", &cache) != 0)
        cache.st_size = SIZE;
    if (dlopen("no-such-library.so", RTLD_NOW))
        return -1;
    area = mmap(NULL, (size_t)cache.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    return area != MAP_FAILED ? 0 : -1;
}

ENTRY(start_segment)
{
    int segment = shmget(IPC_PRIVATE, SIZE, 0600);
    void *there = shmat(segment, NULL, 0);

    shmctl(segment, IPC_RMID, NULL);
    return there != (void *)-1 ? 0 : -1;
}

/* A quarter in the middle is unmapped, and another mapping replaces the end. */
ENTRY(start_parts)
{
    if (map() != 0 || munmap(area + SIZE / 2, SIZE / 4) != 0)
        return -1;
    return munmap(area + SIZE / 4 * 3, SIZE / 4);
}

ENTRY(start_grown)
{
    void *there;

    if (map() != 0)
        return -1;
    there = mremap(area, SIZE, 4 * SIZE, MREMAP_MAYMOVE);
    return there != MAP_FAILED ? 0 : -1;
}

/* Nothing is left: each mapping is removed by another call. */
ENTRY(map_and_unmap)
{
    void *there;

    if (map() != 0)
        return -1;
    there = mremap(area, SIZE, 2 * SIZE, MREMAP_MAYMOVE);
    if (there == MAP_FAILED || munmap(there, 2 * SIZE) != 0)
        return -1;
    int segment = shmget(IPC_PRIVATE, SIZE, 0600);
    there = shmat(segment, NULL, 0);
    shmctl(segment, IPC_RMID, NULL);
    return there != (void *)-1 && shmdt(there) == 0 ? 0 : -1;
}

/* By a raw system call: nobody saw the end, but it is not mapped. */
ENTRY(unmap_raw)
{
    if (map() != 0)
        return -1;
    return syscall(SYS_munmap, area, SIZE) == 0 ? 0 : -1;
}
