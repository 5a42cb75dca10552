// SPDX-License-Identifier: MIT
#include "registry/libc_lists.h"
#include "base/sys.h"
#include "registry/heap.h"

#include <string.h>

enum {
    WORD = sizeof(uintptr_t),
    BLOCKS_MAX = 1 << 16,
    /* of a block of the heap */
    LOWEST = 1 << 16,
    ALIGNMENT = 2 * WORD,
};

/* stdlib/exit.h: struct exit_function_list. */
enum { LIST_ENTRIES = 32, OF_HANDLE = 4 };
struct exit_entry {
    uintptr_t flavor, function, argument, handle; /* the function is encrypted */
};
struct exit_list {
    uintptr_t next, used;
    struct exit_entry entries[LIST_ENTRIES];
};

/* nptl/register-atfork.c, malloc/dynarray.h: what is in use, how much there is room for, where; and
 * there is room for so many before that is a block of the heap. */
enum { FORK_ENTRIES = 48, FORK_MOST = 1 << 16, FORK_HEAD = 3 * WORD, FORK_SIZES = 2 };
struct fork_head {
    uintptr_t used, allocated, array;
};
static const size_t fork_sizes[FORK_SIZES] = {4 * WORD, 5 * WORD}; /* before glibc 2.36, since */

/* `head` is the word that leads to the newest block, which may be the list itself. */
struct list {
    uintptr_t start, end, head;
    size_t entry; /* of a list of fork handlers; 0: exit handlers */
};

enum { EXIT, QUICK_EXIT, FORK };
static struct list lists[LIBC_LISTS];

/* Calls for each word of libc's variables, until `visit` returns true. */
struct search {
    bool (*visit)(const uintptr_t *at, const struct search *search);
    const struct module *libc;
    uintptr_t start, end; /* of the segment */
    const uintptr_t *wanted;
};

static int search_module(struct module *module, void *data)
{
    struct search *search = data;
    search->libc = module;
    for (unsigned i = 0; module->libc && i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        search->start = module->bias + p->p_vaddr;
        search->end = search->start + p->p_memsz;
        for (uintptr_t at = (search->start + WORD - 1) & ~(uintptr_t)(WORD - 1);
             at + WORD <= search->end; at += WORD)
            if (search->visit((const uintptr_t *)at, search))
                return 1;
    }
    return 0;
}

static bool read_words(uintptr_t at, void *words, size_t size)
{
    return sys_copy_memory((const void *)at, words, size) == (ssize_t)size;
}

/* Libraries of the program may have registered so much before us that the list continues in the
 * heap. Such a read is a system call, and most of libc's pointers lead to its own constants. */
static bool read_block(const struct search *search, uintptr_t at, void *words, size_t size)
{
    const struct module *libc = search->libc;
    if (at >= search->start && at < search->end && size <= search->end - at)
        memcpy(words, (const void *)at, size);
    else if (at < LOWEST || at >> HEAP_ADDRESS_BITS || at % ALIGNMENT != 0 ||
             at - libc->start < libc->end - libc->start || !read_words(at, words, size))
        return false;
    return true;
}

/* The newest block of a list, in which our entry is the last one. */
static bool is_newest_block(const struct search *search, uintptr_t block)
{
    const size_t fixed = offsetof(struct exit_list, entries);
    struct exit_entry last;
    uintptr_t head[2]; /* next, used */
    return block % WORD == 0 && read_block(search, block, head, sizeof head) &&
           head[1] - 1 < LIST_ENTRIES &&
           read_block(search, block + fixed + (head[1] - 1) * sizeof last, &last, sizeof last) &&
           last.flavor == OF_HANDLE && last.handle == *search->wanted;
}

/* The variable in which the list begins is its oldest block. */
static uintptr_t oldest_block(const struct search *search, uintptr_t block)
{
    uintptr_t next = 0;
    for (unsigned i = 0; i < BLOCKS_MAX; i++, block = next)
        if (!read_block(search, block, &next, sizeof next) || next == 0)
            return block - search->start < search->end - search->start ? block : 0;
    return 0;
}

/* True when it is the second one. */
static bool is_exit_head(const uintptr_t *at, const struct search *search)
{
    struct list *list = lists[EXIT].head ? &lists[QUICK_EXIT] : &lists[EXIT];
    uintptr_t start = is_newest_block(search, *at) ? oldest_block(search, *at) : 0;
    if (start)
        *list = (struct list){
            .start = start, .end = start + sizeof(struct exit_list), .head = (uintptr_t)at};
    return start && list == &lists[QUICK_EXIT];
}

void libc_lists_find_exit(uintptr_t handle)
{
    modules_each_mapped(search_module, &(struct search){.visit = is_exit_head, .wanted = &handle});
}

/* Ours is the last entry. */
static bool is_fork_list(const struct fork_head *head, size_t entry, const struct search *search)
{
    uintptr_t functions[3];
    size_t last = (head->used - 1) * entry;
    return head->array >= LOWEST && head->array % WORD == 0 &&
           read_words(head->array + last, functions, sizeof functions) &&
           memcmp(functions, search->wanted, sizeof functions) == 0;
}

static bool is_fork_head(const uintptr_t *at, const struct search *search)
{
    const struct fork_head *head = (const struct fork_head *)at;
    uintptr_t start = (uintptr_t)at, array = start + FORK_HEAD;
    if (search->end - start < sizeof *head || head->allocated < FORK_ENTRIES ||
        head->allocated > FORK_MOST || head->used - 1 >= head->allocated ||
        (head->array == array) != (head->allocated == FORK_ENTRIES))
        return false;
    for (unsigned i = 0; i < FORK_SIZES; i++)
        if (is_fork_list(head, fork_sizes[i], search)) {
            lists[FORK] = (struct list){.start = start,
                                        .end = array + FORK_ENTRIES * fork_sizes[i],
                                        .head = (uintptr_t)&head->array,
                                        .entry = fork_sizes[i]};
            return true;
        }
    return false;
}

void libc_lists_find_fork(const uintptr_t functions[3])
{
    modules_each_mapped(search_module,
                        &(struct search){.visit = is_fork_head, .wanted = functions});
}

bool libc_lists_are_known(void)
{
    bool known = true;
    for (unsigned i = 0; i < LIBC_LISTS; i++)
        known &= lists[i].head != 0;
    return known;
}

void libc_list_range(unsigned list, uintptr_t *start, uintptr_t *end)
{
    *start = lists[list].start;
    *end = lists[list].end;
}

/* The newest comes first, the last one is the variable. */
static void each_exit_block(const struct list *list, libc_block_visitor *visit, void *data)
{
    uintptr_t slot = list->head, at;
    for (unsigned i = 0;
         i < BLOCKS_MAX && slot && read_words(slot, &at, sizeof at) && at != list->start; i++) {
        if (at == 0)
            return;
        visit(at, at + sizeof(struct exit_list), slot, data);
        slot = at;
    }
}

void libc_lists_each_block(libc_block_visitor *visit, void *data)
{
    struct fork_head head;
    const struct list *fork = &lists[FORK];
    each_exit_block(&lists[EXIT], visit, data);
    each_exit_block(&lists[QUICK_EXIT], visit, data);
    if (fork->start && read_words(fork->start, &head, sizeof head) &&
        head.array != fork->start + FORK_HEAD)
        visit(head.array, head.array + head.used * fork->entry, fork->head, data);
}
