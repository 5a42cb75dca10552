// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as the file of the option suppressions=.
 *   meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build   (with CC=clang)
 *   build/tests/unit/fuzz_suppressions
 */
#include "report/suppressions.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct module module = {.identity = "libplug.so", .path = "/opt/libplug.so.1"};
    const struct finding finding = {.kind = KIND_KEY, .module = &module};
    int descriptor = memfd_create("input", MFD_CLOEXEC);
    char path[64];

    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    if (!suppressions_read(path, 20260615))
        abort();
    suppressions_match(&finding);
    close(descriptor);
    return 0;
}
