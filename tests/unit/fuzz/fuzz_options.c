// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as DLPIN_OPTIONS.
 *   CC=clang meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build
 *   build/tests/unit/fuzz_options corpus/
 */
#include "base/arena.h"
#include "base/options.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_back(const char **string)
{
    if (*string)
        arena_free((char *)*string, strlen(*string) + 1);
    *string = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text complaints = {0};
    char *text = malloc(size + 1);
    if (!text)
        return -1;
    memcpy(text, data, size);
    text[size] = '\0';
    options_parse(text, &complaints);
    if (options.exitcode > 255 || options.malloc_context_size < 1 || options.verbosity > 2)
        abort();
    text_free(&complaints);
    free(text);
    give_back(&options.log_path);
    give_back(&options.common);
    give_back(&options.label_env);
    return 0;
}
