// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as a module's file. The build ID is four bytes that any seed has: "GNU"
 * and its NUL, the name of the note. CC=clang meson setup -Dfuzz=true
 * -Db_sanitize=address,undefined -Db_lundef=false build build/tests/unit/fuzz_symbols
 * -max_len=65536 corpus/      (with a small .so in corpus/)
 */
#include "modules/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], name[SYMBOL_MAX];
    struct module module = {.path = path, .build_id = "GNU", .build_id_length = 4};
    int fd = memfd_create("module", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (uintptr_t address = 0; address < 0x5000; address += 0x1001)
        if (symbol_find(&module, address, name) && !memchr(name, '\0', sizeof name))
            abort();
    close(fd);
    return 0;
}
