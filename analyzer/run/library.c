// SPDX-License-Identifier: MIT
#include "run/library.h"

#include "base/memory.h"
#include "base/message.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From the executable's directory. The build tree comes first: nothing is installed in one. */
static const char *const places[] = {"../shim/libdlpin.so", DLPIN_LIBRARY_FROM_BINDIR};

/* The directory of this executable, a new string; NULL where /proc does not tell. */
static char *own_directory(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash;

    if (length <= 0)
        return NULL;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    return memory_string(path);
}

static char *existing(char *candidate)
{
    char *path = realpath(candidate, NULL);

    free(candidate);
    return path;
}

static char *search(void)
{
    char *directory = own_directory();
    char *found = NULL;

    for (size_t i = 0; directory != NULL && found == NULL && i < sizeof places / sizeof *places;
         i++)
        found = existing(memory_format("%s/%s", directory, places[i]));
    free(directory);
    return found != NULL ? found : existing(memory_string(DLPIN_LIBRARY_INSTALLED));
}

static char *usable(char *path)
{
    /* The loader separates LD_PRELOAD at blanks and colons and knows no quoting; '$' begins a
     * token. */
    if (path == NULL || strpbrk(path, ": $") == NULL)
        return path;
    message_error("%s: LD_PRELOAD cannot hold a path with a blank, ':' or '$'", path);
    free(path);
    return NULL;
}

char *library_find(void)
{
    const char *named = getenv("DLPIN_LIBRARY");
    char *path;

    if (named != NULL && named[0] != '\0') {
        path = realpath(named, NULL);
        if (path == NULL)
            message_error("DLPIN_LIBRARY=%s: %s", named, strerror(errno));
        return usable(path);
    }
    path = search();
    if (path == NULL)
        message_error("libdlpin.so is missing: not found beside this command, nor as %s",
                      DLPIN_LIBRARY_INSTALLED);
    return usable(path);
}

#define DRIVER "dlpin-try-driver"

char *library_driver(const char *library)
{
    char *directory = own_directory(), *found = NULL;

    if (directory != NULL)
        found = existing(memory_format("%s/" DRIVER, directory));
    free(directory);
    if (found == NULL)
        found = existing(
            memory_format("%.*s/" DRIVER, (int)(strrchr(library, '/') - library), library));
    if (found == NULL)
        message_error(DRIVER " is missing: not found beside %s", library);
    return found;
}
