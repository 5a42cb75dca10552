// SPDX-License-Identifier: MIT
/* The list of a thread's robust mutexes. */
#include "base/sys.h"
#include "scan/robust.h"
#include "support.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>

enum { OFFSET = -32, MOST = 4 };

struct seen {
    unsigned count, pending, most;
    uintptr_t nodes[MOST], futexes[MOST];
};

static bool note(const struct robust_entry *entry, void *data)
{
    struct seen *seen = data;
    if (seen->count < MOST) {
        seen->nodes[seen->count] = entry->node;
        seen->futexes[seen->count] = entry->futex;
    }
    seen->pending += entry->is_pending;
    return ++seen->count == seen->most;
}

static enum robust_walk walk(const struct robust_list_head *head, struct seen *seen)
{
    *seen = (struct seen){.most = seen->most};
    return robust_each_from((uintptr_t)head, note, seen);
}

Test(robust, lists)
{
    struct robust_list nodes[2];
    struct robust_list_head head = {{&head.list}, OFFSET, NULL};
    struct seen seen = {0};
    cr_assert_eq(walk(&head, &seen), ROBUST_WHOLE);
    cr_assert_eq(seen.count, 0);

    /* With priority inheritance, the second one. */
    nodes[0].next = (struct robust_list *)((uintptr_t)&nodes[1] | 1);
    nodes[1].next = &head.list;
    head.list.next = &nodes[0];
    cr_assert_eq(walk(&head, &seen), ROBUST_WHOLE);
    cr_assert_eq(seen.count, 2);
    cr_assert_eq(seen.pending, 0);
    cr_assert_eq(seen.nodes[1], (uintptr_t)&nodes[1]);
    cr_assert_eq(seen.futexes[1], (uintptr_t)&nodes[1] + (uintptr_t)OFFSET);

    head.list_op_pending = &nodes[1];
    walk(&head, &seen);
    cr_assert_eq(seen.count, 3);
    cr_assert_eq(seen.pending, 1);
    seen.most = 2;
    cr_assert_eq(walk(&head, &seen), ROBUST_WHOLE);
    cr_assert_eq(seen.count, 2, "ended by who was called");
}

Test(robust, lists_that_do_not_end)
{
    struct robust_list nodes[2] = {{&nodes[1]}, {&nodes[0]}};
    struct robust_list_head head = {{&nodes[0]}, OFFSET, NULL};
    struct seen seen = {0};
    cr_assert_eq(walk(&head, &seen), ROBUST_BROKEN);
    cr_assert_eq(seen.count, ROBUST_LIST_LIMIT);
}

Test(robust, lists_that_break_off)
{
    void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct robust_list_head head = {{nowhere}, OFFSET, NULL};
    struct seen seen = {0};
    cr_assert_eq(walk(&head, &seen), ROBUST_BROKEN);
    cr_assert_eq(seen.count, 1, "the one that cannot be read is one");
    cr_assert_eq(walk(nowhere, &seen), ROBUST_BROKEN);
    head.list.next = NULL;
    cr_assert_eq(walk(&head, &seen), ROBUST_BROKEN);
}

Test(robust, list_of_the_calling_thread)
{
    struct seen seen = {0};
    pthread_mutex_t mutex;
    pthread_mutexattr_t attributes;
    support_start();
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &attributes);
    cr_assert_eq(robust_each(sys_gettid(), note, &seen), ROBUST_WHOLE);
    cr_assert_eq(seen.count, 0);
    pthread_mutex_lock(&mutex);
    cr_assert_eq(robust_each(sys_gettid(), note, &seen), ROBUST_WHOLE);
    cr_assert_eq(seen.count, 1);
    cr_assert_eq(seen.futexes[0], (uintptr_t)&mutex);
    pthread_mutex_unlock(&mutex);
    cr_assert_eq(robust_each(1 << 30, note, &seen), ROBUST_UNKNOWN, "no such thread");
}
