// SPDX-License-Identifier: MIT
#include "classify/build_tree.h"

#include "base/memory.h"
#include "base/regular.h"
#include "load/lines.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Larger ones are not theirs. */
enum { FILE_SIZE_MAX = 16 << 20 };

/* A file in a folder, or -1. */
static int open_in(const char *folder, const char *name)
{
    char *path = memory_format("%s/%s", folder, name);
    struct stat status;
    int descriptor = regular_open(path, 0, &status);

    free(path);
    if (descriptor < 0)
        return -1;
    if (status.st_size <= FILE_SIZE_MAX)
        return descriptor;
    close(descriptor);
    return -1;
}

static bool take_line(void *context, const struct line *line)
{
    static const char home[] = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    char **folder = context;

    if (line->length < sizeof home - 1 || memcmp(line->text, home, sizeof home - 1) != 0)
        return true;
    *folder = memory_format("%.*s", (int)(line->length - (sizeof home - 1)),
                            line->text + sizeof home - 1);
    return false;
}

/* The folder of the sources, a new string; or NULL. */
static char *sources_of_cmake(const char *folder)
{
    int descriptor = open_in(folder, "CMakeCache.txt");
    char *sources = NULL;

    if (descriptor < 0)
        return NULL;
    lines_read(descriptor, FILE_SIZE_MAX, take_line, &sources);
    close(descriptor);
    return sources;
}

static char *sources_of_meson(const char *folder)
{
    int descriptor = open_in(folder, "meson-info/meson-info.json");
    const char *name;
    char *sources = NULL;
    json_t *json;

    if (descriptor < 0)
        return NULL;
    json = json_loadfd(descriptor, 0, NULL);
    name = json_string_value(json_object_get(json_object_get(json, "directories"), "source"));
    if (name != NULL)
        sources = memory_string(name);
    json_decref(json);
    close(descriptor);
    return sources;
}

static bool is_root_or_below(const struct source_root *root, const char *folder)
{
    char *inside = memory_format("%s/", folder);
    bool found = source_root_below(root, inside) != NULL;

    free(inside);
    return found;
}

static bool builds(const char *folder, const struct source_root *root)
{
    char *sources = sources_of_cmake(folder);
    bool found;

    if (sources == NULL)
        sources = sources_of_meson(folder);
    found = sources != NULL && is_root_or_below(root, sources);
    free(sources);
    return found;
}

bool build_tree_has(const struct source_root *root, const char *path)
{
    char *folder = memory_string(path), *slash;
    bool found = false;

    while (!found && (slash = strrchr(folder, '/')) != NULL && slash != folder) {
        *slash = '\0';
        found = builds(folder, root);
    }
    free(folder);
    return found;
}
