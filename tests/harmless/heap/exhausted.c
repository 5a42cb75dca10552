// SPDX-License-Identifier: MIT
/*
 * "Small address space": the program takes all there is, sees ENOMEM and EAGAIN as without the
 * shim, gives it back, and runs on.
 */
#include "../observe.h"
#include <pthread.h>
#include <sys/mman.h>

/* The address space that malloc leaves depends on all mappings, and a block at the end of the heap
 * may keep the heap from shrinking. So the program reserves another mapping, to give it back. */
enum { RESERVE = 1 << 20 };

struct block {
    struct block *next;
};

static void *end(void *argument)
{
    return argument;
}

static void start_thread(const char *when)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, end, NULL);
    say("a thread %s: %s\n", when, error_name(error));
    if (!error)
        pthread_join(thread, NULL);
}

/* Adds to the list. */
static int take_all(struct block **first, size_t size)
{
    struct block *block;
    int count = 0;

    for (; (block = malloc(size)); count++) {
        block->next = *first;
        *first = block;
    }
    return count;
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        struct block *first = NULL;
        struct block *block;
        void *reserve =
            mmap(NULL, RESERVE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        check(reserve != MAP_FAILED);
        start_thread("before");
        check(take_all(&first, 1000) > 10000);
        say("then %s\n", error_name(errno));
        for (size_t size = 512; size >= sizeof *block; size /= 2)
            take_all(&first, size); /* or it depends on the rest how far dlopen comes */
        check(calloc(100, 1000000) == NULL);
        check(realloc(first, 100000000) == NULL);
        start_thread("without memory");
        pthread_key_t key;
        check(pthread_key_create(&key, NULL) == 0);
        check(pthread_key_delete(key) == 0);
        say("a plug-in without memory: %s\n",
            dlopen("./maker.so", RTLD_NOW) ? "opened" : dlerror());
        while (first) {
            block = first->next;
            free(first);
            first = block;
        }
        munmap(reserve, RESERVE);
        leave_something();
    }
    return observe_status();
}
