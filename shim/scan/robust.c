// SPDX-License-Identifier: MIT
#include "scan/robust.h"
#include "base/sys.h"

#include <linux/futex.h>
#include <sys/syscall.h>

/* The kernel marks mutexes with priority inheritance in the lowest bit. */
static uintptr_t node_of(const void *link)
{
    return (uintptr_t)link & ~(uintptr_t)1;
}

static bool copy(uintptr_t from, void *to, size_t size)
{
    return sys_copy_memory((const void *)from, to, size) == (ssize_t)size;
}

static bool visit_node(const struct robust_list_head *head, uintptr_t node, bool is_pending,
                       robust_visitor *visit, void *data)
{
    const struct robust_entry entry = {node, node + (uintptr_t)head->futex_offset, is_pending};
    return visit(&entry, data);
}

enum robust_walk robust_each_from(uintptr_t start, robust_visitor *visit, void *data)
{
    struct robust_list_head head;
    struct robust_list link;
    if (!copy(start, &head, sizeof head))
        return ROBUST_BROKEN;
    uintptr_t pending = node_of(head.list_op_pending), node = node_of(head.list.next);
    if (pending && visit_node(&head, pending, true, visit, data))
        return ROBUST_WHOLE;
    for (unsigned i = 0; i < ROBUST_LIST_LIMIT && node != start; i++) {
        if (visit_node(&head, node, false, visit, data))
            return ROBUST_WHOLE;
        if (!copy(node, &link, sizeof link))
            return ROBUST_BROKEN;
        node = node_of(link.next);
    }
    return node == start ? ROBUST_WHOLE : ROBUST_BROKEN;
}

enum robust_walk robust_each(pid_t tid, robust_visitor *visit, void *data)
{
    uintptr_t head = 0;
    size_t size = 0;
    if (calls_are_filtered() || sys_call(SYS_get_robust_list, tid, &head, &size) != 0)
        return ROBUST_UNKNOWN;
    if (!head || size != sizeof(struct robust_list_head))
        return ROBUST_WHOLE;
    return robust_each_from(head, visit, data);
}
