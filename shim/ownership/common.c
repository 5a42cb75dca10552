// SPDX-License-Identifier: MIT
#include "ownership/common.h"
#include "base/options.h"

#include <string.h>

static const char *const runtimes[] = {
    "libc.so.*",
    "ld-linux*",
    "ld-musl*",
    "linux-vdso*",
    "libpthread.so.*",
    "libdl.so.*",
    "librt.so.*",
    "libm.so.*",
    "libstdc++.so.*",
    "libgcc_s.so.*",
    "libc++.so.*",
    "libc++abi.*",
    "libunwind.so.*",
    "libsupc++.*",
    "libjemalloc*",
    "libtcmalloc*",
    "libmimalloc*preload*",
};

static const char *const loaders[] = {"ld-linux*", "ld-musl*"};

static const char *const libcs[] = {"libc.so.*", "ld-musl*"};

static const char *const cxx_libraries[] = {
    "libstdc++.so.*",
    "libc++.so.*",
    "libc++abi.*",
    "libsupc++.*",
};

static const char *const others[] = {
    "libglib-2.0.so.*",  "libgobject-2.0.so.*", "libgthread-2.0.so.*", "libapr-1.so.*",
    "libaprutil-1.so.*", "libuv.so.*",          "libtbbmalloc*",       "libboost_thread*",
    "libnspr4.so*",      "libbsd.so.*",         "libtalloc.so.*",      "libQt5Core.so.*",
    "libQt6Core.so.*",
};

bool common_glob(const char *pattern, size_t length, const char *name)
{
    const char *end = pattern + length, *star = NULL, *retry = NULL;
    while (*name) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

static bool in_list(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (common_glob(list[i], strlen(list[i]), name))
            return true;
    return false;
}

bool common_in_globs(const char *globs, const char *name)
{
    while (globs && *globs) {
        size_t length = strcspn(globs, ",");
        if (common_glob(globs, length, name))
            return true;
        globs += length + (globs[length] == ',');
    }
    return false;
}

void common_classify(struct module *module)
{
    module->runtime = module->is_shim || in_list(runtimes, ARRAY_SIZE(runtimes), module->identity);
    module->loader = in_list(loaders, ARRAY_SIZE(loaders), module->identity);
    module->libc = in_list(libcs, ARRAY_SIZE(libcs), module->identity);
    module->cxx_library = in_list(cxx_libraries, ARRAY_SIZE(cxx_libraries), module->identity);
    module->common = module->runtime || in_list(others, ARRAY_SIZE(others), module->identity) ||
                     common_in_globs(options.common, module->identity);
}
