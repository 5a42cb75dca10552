// SPDX-License-Identifier: MIT
#include "registry/libc_lists.h"
#include "base/sys.h"

enum { WORD = sizeof(uintptr_t) };

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
enum { FORK_ENTRIES = 48, FORK_HEAD = 3 * WORD, FORK_SIZES = 2 };
struct fork_head {
    uintptr_t used, allocated, array;
};
static const size_t fork_sizes[FORK_SIZES] = {4 * WORD, 5 * WORD}; /* before glibc 2.36, since */

/* `head` is the word that leads to the first block, which may be the list itself. */
struct list {
    uintptr_t start, end, head;
    size_t entry; /* of a list of fork handlers; 0: exit handlers */
};

enum { EXIT, QUICK_EXIT, FORK };
static struct list lists[LIBC_LISTS];

/* Calls for each word of libc's variables, until `visit` returns true. */
struct search {
    bool (*visit)(const uintptr_t *at, const struct search *search);
    uintptr_t start; /* of the segment */
    uintptr_t wanted;
    const uintptr_t *functions;
    struct list *list;
};

static int search_module(struct module *module, void *data)
{
    struct search *search = data;
    for (unsigned i = 0; module->libc && i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
            continue;
        search->start = module->bias + p->p_vaddr;
        uintptr_t end = search->start + p->p_memsz;
        for (uintptr_t at = (search->start + WORD - 1) & ~(uintptr_t)(WORD - 1); at + WORD <= end;
             at += WORD)
            if (*(const uintptr_t *)at == search->wanted &&
                search->visit((const uintptr_t *)at, search))
                return 1;
    }
    return 0;
}

static bool is_head(const uintptr_t *at, const struct search *search)
{
    search->list->head = (uintptr_t)at;
    return true;
}

/* Our entry was the last one, so its number says how many are in use. */
static bool is_in_exit_list(const uintptr_t *at, const struct search *search)
{
    const struct exit_entry *entry =
        (const struct exit_entry *)(at - offsetof(struct exit_entry, handle) / WORD);
    for (uintptr_t used = 1; used <= LIST_ENTRIES; used++, entry--) {
        uintptr_t start = (uintptr_t)entry - offsetof(struct exit_list, entries);
        if (start < search->start)
            return false;
        const struct exit_list *list = (const struct exit_list *)start;
        if (list->next == 0 && list->used == used && list->entries[used - 1].flavor == OF_HANDLE &&
            start != lists[EXIT].start) {
            *search->list = (struct list){.start = start, .end = start + sizeof *list};
            return true;
        }
    }
    return false;
}

static void find_exit_list(struct list *list, uintptr_t handle)
{
    struct search search = {.visit = is_in_exit_list, .wanted = handle, .list = list};
    if (modules_each_mapped(search_module, &search))
        modules_each_mapped(
            search_module, &(struct search){.visit = is_head, .wanted = list->start, .list = list});
}

void libc_lists_find_exit(uintptr_t handle)
{
    find_exit_list(&lists[EXIT], handle);
    find_exit_list(&lists[QUICK_EXIT], handle);
}

static bool is_fork_list(uintptr_t start, uintptr_t used)
{
    const struct fork_head *head = (const struct fork_head *)start;
    return head->array == start + FORK_HEAD && head->used == used &&
           head->allocated == FORK_ENTRIES;
}

static bool is_in_fork_list(const uintptr_t *at, const struct search *search)
{
    if (at[1] != search->functions[1] || at[2] != search->functions[2])
        return false;
    for (unsigned i = 0; i < FORK_SIZES * FORK_ENTRIES; i++) {
        size_t size = fork_sizes[i % FORK_SIZES], used = i / FORK_SIZES + 1;
        uintptr_t start = (uintptr_t)at - (used - 1) * size - FORK_HEAD;
        if (start < search->start || !is_fork_list(start, used))
            continue;
        *search->list = (struct list){.start = start,
                                      .end = start + FORK_HEAD + FORK_ENTRIES * size,
                                      .head = start + offsetof(struct fork_head, array),
                                      .entry = size};
        return true;
    }
    return false;
}

void libc_lists_find_fork(const uintptr_t functions[3])
{
    modules_each_mapped(search_module, &(struct search){.visit = is_in_fork_list,
                                                        .wanted = functions[0],
                                                        .functions = functions,
                                                        .list = &lists[FORK]});
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

static bool read_word(uintptr_t at, uintptr_t *word)
{
    return sys_copy_memory((const void *)at, word, sizeof *word) == (ssize_t)sizeof *word;
}

/* The newest comes first, the last one is the variable. */
static void each_exit_block(const struct list *list, libc_block_visitor *visit, void *data)
{
    enum { BLOCKS_MAX = 1 << 16 };
    uintptr_t slot = list->head, at;
    for (unsigned i = 0; i < BLOCKS_MAX && slot && read_word(slot, &at) && at != list->start; i++) {
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
    if (fork->start &&
        sys_copy_memory((const void *)fork->start, &head, sizeof head) == (ssize_t)sizeof head &&
        head.array != fork->start + FORK_HEAD)
        visit(head.array, head.array + head.used * fork->entry, fork->head, data);
}
