// SPDX-License-Identifier: MIT
/* mimalloc as a dependency of a plug-in: a segment of memory and a key from its constructor, both
 * still there when it is unloaded. */
#include <pthread.h>
#include <sys/mman.h>

enum { SIZE = 1 << 20 };

static pthread_key_t heap;
static void *segment;

static void done(void *value)
{
    munmap(value, SIZE);
}

__attribute__((constructor)) static void start(void)
{
    segment = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_key_create(&heap, done);
}

#ifdef TIDY
__attribute__((destructor)) static void stop(void)
{
    pthread_key_delete(heap);
    done(segment);
}
#endif
