// SPDX-License-Identifier: MIT
/*
 * Roots, the places where reachability begins; a list of them; and the ranges of memory that are
 * known.
 */
#ifndef DLPIN_SCAN_ROOT_LIST_H
#define DLPIN_SCAN_ROOT_LIST_H

#include "registry/threads.h"
#include "scan/ranges.h"

/*
 * In the order in which they are followed. A block counts as reached from the first that reaches
 * it: so what is said to be held by a thread's value is reached from no variable.
 */
enum root_kind {
    ROOT_DATA,         /* writable segments of a module, RELRO included */
    ROOT_TLS,          /* a thread's block of a module's thread-local variables */
    ROOT_ARGUMENT,     /* what a live thread was started with */
    ROOT_VALUE,        /* a thread's value for a live key */
    ROOT_SIGNAL_STACK, /* a thread's alternate signal stack: the kernel has its address */
    ROOT_STACK,
    ROOT_KERNEL, /* the data of an epoll entry, or what a timer sends with a signal */
    ROOT_LIBC,   /* variables of the C and C++ libraries, in which they keep what they were given */
    ROOT_RUNTIME,  /* what the loader and the libraries for the language keep for themselves: other
                      variables, their part of a thread, lists of exit and fork handlers */
    ROOT_MAPPING,  /* anonymous memory: an allocator of its own, a garbage-collected heap */
    ROOT_UNLOADED, /* a thread's block of the variables of an unloaded module: it holds nothing,
                  though the C library gives the memory back later (elf/dl-tls.c,
                  _dl_update_slotinfo) */
    ROOT_KINDS,
};

#define ROOT_OF_SIGNAL UINT32_MAX

struct root {
    enum root_kind kind;
    bool exact;           /* only words that are a block's very address count */
    bool is_block;        /* it lies in a block of the heap, which is reached by nothing else */
    uintptr_t start, end; /* the words; ARGUMENT, VALUE, SIGNAL_STACK, KERNEL: empty, */
    uintptr_t word; /* and this is the only one; TLS, UNLOADED, a block: where the pointer that
                       leads there lies */
    struct module *module; /* DATA, TLS, LIBC; no reference: it is mapped */
    uint64_t thread;       /* its serial number */
    pid_t tid;
    uint32_t key; /* KERNEL: the descriptor of an epoll entry, or ROOT_OF_SIGNAL */
};

struct roots {
    struct root *list; /* by kind */
    size_t count, capacity;
    bool incomplete;               /* a thread passed us by: its stack is not among them */
    bool failed;                   /* memory did not suffice: some are missing */
    unsigned stacks_unknown;       /* threads that ran, or that passed us by */
    uint64_t mapped_bytes;         /* of anonymous memory that is nobody's */
    const struct written *written; /* while they are collected; */
    const struct ranges *ranges;   /* with the unloaded modules, or NULL */
};

/* Where memory does not suffice, `failed` is set. */
void roots_add(struct roots *roots, struct root root);
void roots_free(struct roots *roots);

/*
 * True if a word of the root that points into an unloaded module may be a finding. Variables that
 * the runtimes keep for themselves are left out: libc's lists of exit and fork handlers keep old
 * words after their ends, and registered handlers have kinds of their own. A word on a stack, or
 * in memory of unknown layout, may be dead; and values and arguments are reported without a scan.
 */
bool root_may_point(const struct root *root);

/* False for the loader's variables: they have old pointers to files that it mapped for a while (its
 * cache of libraries), and none to memory that a module mapped. */
static inline bool root_may_map(const struct root *root)
{
    return root->kind != ROOT_UNLOADED && !(root->module && root->module->loader);
}

/* True if a block that was reached from such a root can be expected to be in use. */
static inline bool root_kind_leads(enum root_kind kind)
{
    return kind <= ROOT_LIBC;
}

/* Entries. Each mapped module takes about four; further ones are roots, with what is dead in them.
 */
enum { TAKEN_MAX = 8192 };

struct interval {
    uintptr_t start, end;
};

/* Memory that is known, or dead: what lies in it is no root by itself. */
struct taken {
    struct interval *list; /* ascending */
    size_t count;
};

void taken_add(struct taken *taken, uintptr_t start, uintptr_t end);

#endif
