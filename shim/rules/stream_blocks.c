// SPDX-License-Identifier: MIT
#include "rules/stream_blocks.h"
#include "base/sys.h"
#include "registry/descriptors.h"
#include "registry/heap.h"
#include "rules/words.h"
#include "scan/target.h"

#include <stdio.h>
#include <string.h>

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

/* The descriptor of a directory's stream, which is libc's block; -1: the block is none. The block
 * begins with struct __dirstream (sysdeps/unix/sysv/linux/dirstream.h), and entries of `allocation`
 * bytes follow. */
static int directory_of(const struct result *result)
{
    enum { HEADER_MAX = 128 };
    struct {
        int descriptor, lock;
        size_t allocation;
    } stream;
    const struct site *site = site_get(result->site);
    if (!site || !site->by_libc || result->size < HEADER_MAX ||
        sys_copy_memory((const void *)result->start, &stream, sizeof stream) !=
            (ssize_t)sizeof stream ||
        stream.allocation > result->size || result->size - stream.allocation > HEADER_MAX)
        return -1;
    return stream.descriptor;
}

typedef bool descriptor_test(const struct descriptor *descriptor);

static bool is_of_cxx_stream(const struct descriptor *descriptor)
{
    return words_stack_names(site_get(descriptor->site)->stack, "basic_file");
}

static bool is_of_directory(const struct descriptor *descriptor)
{
    return !strcmp(descriptor->call, "opendir");
}

struct search {
    const struct module *module;
    descriptor_test *test;
    int number;
    bool found;
    size_t count; /* of the module's descriptors that pass the test */
};

static void compare(struct descriptor *descriptor, void *data)
{
    struct search *search = data;
    if (!descriptor->is_compared || descriptor->is_shared ||
        site_left(site_get(descriptor->site)) != search->module || !search->test(descriptor))
        return;
    search->count++;
    search->found |= descriptor->number == search->number;
}

static bool is_left_open(const struct result *result, int number, descriptor_test *test)
{
    struct search search = {.module = result->module, .test = test, .number = number};
    if (!lock_acquire(&registry_lock))
        return false;
    descriptors_each_locked(compare, &search);
    lock_release(&registry_lock);
    return search.found && result->blocks <= search.count;
}

static bool has_cxx_stream(const struct result *result)
{
    uintptr_t words[OBJECT_WORDS_MAX];
    size_t size = result->size < sizeof words ? result->size : sizeof words;
    ssize_t n = sys_copy_memory((const void *)result->start, words, size);
    bool found = false;
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *words && !found; i++) {
        int number = words[i] ? descriptor_of(words[i]) : -1;
        found = number >= 0 && is_left_open(result, number, is_of_cxx_stream);
    }
    return found;
}

bool stream_block_is_lost(const struct result *result)
{
    if (result->kind != RESULT_LOST)
        return false;
    int directory = directory_of(result);
    return (directory >= 0 && is_left_open(result, directory, is_of_directory)) ||
           has_cxx_stream(result);
}
