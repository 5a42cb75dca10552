// SPDX-License-Identifier: MIT
#include "symbolize/limits.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Debug information is rarely compressed by more than four, and is mapped or copied beside that. */
enum { MEMORY_PER_BYTE = 8 };
#define MEMORY_AT_LEAST ((rlim_t)256 << 20)

/* AddressSanitizer reserves terabytes. */
#if defined(__SANITIZE_ADDRESS__)
#define BOUNDS_MEMORY false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BOUNDS_MEMORY false
#endif
#endif
#ifndef BOUNDS_MEMORY
#define BOUNDS_MEMORY true
#endif

static rlim_t memory_allowed; /* 0: without a bound */

static void set_soft(__rlimit_resource_t resource, rlim_t soft)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) != 0)
        return;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    setrlimit(resource, &limit);
}

static rlim_t soft_before = RLIM_INFINITY;

void limits_seal(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != 0)
        soft_before = limit.rlim_cur;
    set_soft(RLIMIT_NOFILE, 0);
}

void limits_unseal(void)
{
    set_soft(RLIMIT_NOFILE, soft_before);
}

static rlim_t used_now(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file != NULL) {
        if (fscanf(file, "%lu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

void limits_begin(unsigned seconds)
{
    const struct rlimit no_core = {0, 0}, time = {seconds, seconds};

    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_CPU, &time);
    if (!BOUNDS_MEMORY)
        return;
    memory_allowed = used_now() + MEMORY_AT_LEAST;
    set_soft(RLIMIT_AS, memory_allowed);
}

void limits_allow_file(off_t size)
{
    if (memory_allowed == 0)
        return;
    memory_allowed += (rlim_t)size * MEMORY_PER_BYTE;
    set_soft(RLIMIT_AS, memory_allowed);
}
