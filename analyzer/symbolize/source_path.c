// SPDX-License-Identifier: MIT
#include "symbolize/source_path.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

/* In place: what is written never overtakes what is still to be read. */
static void tidy(char *path)
{
    char *end = path, *rest = path, *part;

    while ((part = strsep(&rest, "/")) != NULL) {
        size_t length = strlen(part);

        if (length == 0 || strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0) {
            while (end > path && *--end != '/')
                continue;
            continue;
        }
        *end++ = '/';
        memmove(end, part, length);
        end += length;
    }
    *end = '\0';
}

char *source_path(const char *source, const char *directory)
{
    /* A directory that is itself relative was mapped away by the compiler, and the path with it. */
    bool join = source[0] != '/' && directory != NULL && directory[0] == '/';
    char *path = join ? memory_format("%s/%s", directory, source) : memory_string(source);

    if (path[0] == '/')
        tidy(path);
    return path;
}
