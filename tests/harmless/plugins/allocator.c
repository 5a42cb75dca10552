// SPDX-License-Identifier: MIT
/* An allocator as libjemalloc or libtcmalloc: a library that the program is linked with. It counts.
 */
#include "../observe.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static int made;
static int given_back;

EXPORT(void *, malloc, size_t size)
{
    made++;
    return __libc_malloc(size);
}

EXPORT(void *, calloc, size_t count, size_t size)
{
    made++;
    return __libc_calloc(count, size);
}

EXPORT(void *, realloc, void *block, size_t size)
{
    made++;
    return __libc_realloc(block, size);
}

EXPORT(void *, memalign, size_t alignment, size_t size)
{
    made++;
    return __libc_memalign(alignment, size);
}

EXPORT(void, free, void *block)
{
    given_back++;
    __libc_free(block);
}

EXPORT(int, allocator_made, void)
{
    int count = made;
    made = 0;
    return count;
}

EXPORT(int, allocator_given_back, void)
{
    int count = given_back;
    given_back = 0;
    return count;
}
