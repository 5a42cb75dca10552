// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as what the kernel says in /proc/self/maps, /proc/self/stat and
 * /proc/self/task/TID/syscall.
 *   CC=clang meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build
 *   build/tests/unit/fuzz_proc corpus/      (with copies of these files in corpus/)
 */
#include "scan/maps.h"
#include "scan/stacks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_mappings(const char *text)
{
    struct maps maps = {0};
    maps_parse(&maps, text);
    for (size_t i = 0; i < maps.count; i++)
        if (maps.list[i].start >= maps.list[i].end ||
            (i > 0 && maps.list[i - 1].end > maps.list[i].start) ||
            maps_find(&maps, maps.list[i].start) != &maps.list[i])
            abort();
    maps_free(&maps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct thread_stack stack;
    char *text = malloc(size + 1);
    if (!text)
        return -1;
    memcpy(text, data, size);
    text[size] = '\0';
    check_mappings(text);
    stack_count_in(text);
    if (stack_parse(text, &stack) && (stack.sp == 0 || stack.call < -1))
        abort();
    free(text);
    return 0;
}
