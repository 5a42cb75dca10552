// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as a file that a report names, through the reader of notes. What
 * libdw does with the file is its own matter, and is done in a process of its own. meson setup
 * -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build   (with CC=clang)
 *   build/tests/analyzer/fuzz_elf corpus/ FOLDER-OF-SMALL-LIBRARIES
 */
#include "base/message.h"
#include "classify/package.h"
#include "model/function_name.h"
#include "symbolize/build_id.h"
#include "symbolize/demangle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forget(struct package *package)
{
    struct model model = {.packages = package};

    model_free(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int descriptor = memfd_create("input", MFD_CLOEXEC);
    char *text, *readable, *shortened;

    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
        return -1;
    build_id_compare(descriptor, "00112233445566778899aabbccddeeff00112233");
    forget(package_of_note(descriptor));
    close(descriptor);
    text = strndup((const char *)data, size);
    if (text == NULL)
        return -1;
    readable = demangle_text(text);
    shortened = short_name(readable);
    free(shortened);
    free(readable);
    message_printable(text);
    free(text);
    return 0;
}
