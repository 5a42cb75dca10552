// SPDX-License-Identifier: MIT
#include "run/sanitizers.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

static const struct sanitizer sanitizers[] = {
    {"AddressSanitizer", {"libasan.so*", "libclang_rt.asan*.so*"}, "__asan_init", true},
    {"HWAddressSanitizer", {"libhwasan.so*", "libclang_rt.hwasan*.so*"}, "__hwasan_init", false},
    {"ThreadSanitizer", {"libtsan.so*", "libclang_rt.tsan*.so*"}, "__tsan_init", true},
    {"MemorySanitizer", {NULL, NULL}, "__msan_init", true},
    {"LeakSanitizer", {"liblsan.so*", NULL}, "__lsan_init", true},
    {"UndefinedBehaviorSanitizer", {"libubsan.so*", "libclang_rt.ubsan*.so*"}, NULL, true},
};

enum { SANITIZER_COUNT = sizeof sanitizers / sizeof sanitizers[0] };

const struct sanitizer sanitizer_unknown = {"a sanitizer", {NULL, NULL}, NULL, true};

static bool matches(const char *glob, const char *name)
{
    return glob != NULL && fnmatch(glob, name, 0) == 0;
}

const struct sanitizer *sanitizer_by_library(const char *soname)
{
    for (size_t i = 0; i < SANITIZER_COUNT; i++) {
        if (matches(sanitizers[i].libraries[0], soname) ||
            matches(sanitizers[i].libraries[1], soname))
            return &sanitizers[i];
    }
    return NULL;
}

const struct sanitizer *sanitizer_by_symbol(const char *symbol)
{
    for (size_t i = 0; i < SANITIZER_COUNT; i++) {
        if (sanitizers[i].start != NULL && strcmp(sanitizers[i].start, symbol) == 0)
            return &sanitizers[i];
    }
    return NULL;
}
