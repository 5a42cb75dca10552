// SPDX-License-Identifier: MIT
#include "rules/stream_blocks.h"
#include "base/sys.h"
#include "registry/descriptors.h"
#include "registry/heap.h"
#include "rules/words.h"
#include "scan/target.h"

#include <stdio.h>

enum { OBJECT_WORDS_MAX = 512 };

/* The descriptor of a stream, which is libc's block; -1: the word leads to no such one. */
static int descriptor_of(uintptr_t word)
{
    enum { MAGIC = 0xfbad, MAGIC_SHIFT = 16 };
    struct heap_block block;
    FILE file;
    if (!heap_find(word, &block) || block.start != word ||
        sys_copy_memory((const void *)word, &file, sizeof file) != (ssize_t)sizeof file ||
        ((unsigned)file._flags >> MAGIC_SHIFT) != MAGIC)
        return -1;
    return file._fileno;
}

struct search {
    const struct module *module;
    int number;
    bool found;
    size_t count; /* of the module's descriptors in streams of the C++ library */
};

static void compare(struct descriptor *descriptor, void *data)
{
    struct search *search = data;
    const struct site *site = site_get(descriptor->site);
    if (!descriptor->is_compared || descriptor->is_shared || site_left(site) != search->module ||
        !words_stack_names(site->stack, "basic_file"))
        return;
    search->count++;
    search->found |= descriptor->number == search->number;
}

static bool is_left_open(const struct result *result, int number)
{
    struct search search = {.module = result->module, .number = number};
    if (!lock_acquire(&registry_lock))
        return false;
    descriptors_each_locked(compare, &search);
    lock_release(&registry_lock);
    return search.found && result->blocks <= search.count;
}

bool stream_block_is_lost(const struct result *result)
{
    uintptr_t words[OBJECT_WORDS_MAX];
    size_t size = result->size < sizeof words ? result->size : sizeof words;
    ssize_t n =
        result->kind == RESULT_LOST ? sys_copy_memory((const void *)result->start, words, size) : 0;
    bool found = false;
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *words && !found; i++) {
        int number = words[i] ? descriptor_of(words[i]) : -1;
        found = number >= 0 && is_left_open(result, number);
    }
    return found;
}
