// SPDX-License-Identifier: MIT
/*
 * "Same errno": every allocation function sets or keeps it as without the shim, on success and on
 * failure.
 */
#include "../observe.h"
#include <malloc.h>

static const volatile size_t huge = SIZE_MAX / 2 + 1;
static const volatile size_t odd = 3;
static void *volatile kept;

/* Each expression begins with a value of errno that nothing else sets. */
#define SHOW(expression)                                                                      \
    do {                                                                                      \
        errno = ENOTBLK;                                                                      \
        kept = (expression);                                                                  \
        int error = errno;                                                                    \
        say("%s: %s, errno %s\n", #expression, kept ? "a block" : "NULL", error_name(error)); \
        if (kept)                                                                             \
            free(kept);                                                                       \
    } while (0)

static void *aligned(size_t alignment, size_t size)
{
    void *block = (void *)&observe_failures;
    int before = errno;
    int error = posix_memalign(&block, alignment, size);
    check(errno == before || error == ENOMEM);
    say("posix_memalign(%zu, %#zx): %s, %s\n", alignment, size, error_name(error),
        block == (void *)&observe_failures ? "untouched" : "set");
    return error ? NULL : block;
}

static void *grow(size_t old_size, size_t new_size)
{
    char *block = malloc(old_size);
    memset(block, 7, old_size);
    errno = ENOTBLK;
    char *grown = realloc(block, new_size);
    int error = errno;
    if (!grown && new_size) {
        check(block[0] == 7 && block[old_size - 1] == 7);
        free(block);
    }
    errno = error;
    return grown;
}

static void show_frees(void)
{
    errno = ENOTBLK;
    free(NULL);
    say("free(NULL): errno %s\n", error_name(errno));
    void *block = malloc(10);
    void *mapped = malloc(10 << 20);
    errno = EXFULL;
    free(block);
    free(mapped);
    say("free: errno %s\n", error_name(errno));
    say("malloc_usable_size(NULL): %zu, errno %s\n", malloc_usable_size(NULL), error_name(errno));
}

int main(void)
{
    SHOW(malloc(0));
    SHOW(malloc(100));
    SHOW(malloc(1 << 20));
    SHOW(malloc(huge));
    SHOW(malloc(PTRDIFF_MAX - 64));
    SHOW(calloc(3, 5));
    SHOW(calloc(0, 5));
    SHOW(calloc(huge, 2));
    SHOW(calloc(1, huge));
    SHOW(realloc(NULL, 20));
    SHOW(realloc(NULL, huge));
    SHOW(grow(20, 40));
    SHOW(grow(20, huge));
    SHOW(grow(20, 0));
    SHOW(grow(1 << 20, 30 << 20));
    SHOW(reallocarray(NULL, 3, 7));
    SHOW(reallocarray(NULL, huge, 3));
    SHOW(memalign(64, 100));
    SHOW(memalign(odd, 100));
    SHOW(memalign(64, huge));
    SHOW(memalign(huge + 1, 100));
    SHOW(aligned_alloc(64, 128));
    SHOW(aligned_alloc(odd * 16, 100));
    SHOW(aligned_alloc(64, huge));
    SHOW(valloc(100));
    SHOW(valloc(huge));
    SHOW(pvalloc(100));
    SHOW(pvalloc(SIZE_MAX - 10));
    SHOW(aligned(64, 100));
    SHOW(aligned(0, 100));
    SHOW(aligned(3, 100));
    SHOW(aligned(2, 100));
    SHOW(aligned(64, huge));
    SHOW(strdup("text"));
    show_frees();
    return observe_status();
}
