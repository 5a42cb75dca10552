// SPDX-License-Identifier: MIT
#include "symbolize/source_root.h"

#include "base/message.h"
#include "symbolize/source_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat status;

    if (path == NULL || stat(path, &status) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode);
}

bool source_root_set(struct source_root *root, const char *path)
{
    char *current = get_current_dir_name();
    char *real = realpath(path != NULL ? path : ".", NULL);

    if (path != NULL && !is_folder(real)) {
        message_usage("--source-root=%s: %s", path, strerror(errno));
        free(current);
        free(real);
        return false;
    }
    free(root->named);
    free(root->real);
    root->named = source_path(path != NULL ? path : ".", current);
    root->real = real;
    root->given = path != NULL;
    free(current);
    return true;
}

bool source_root_climbs(const char *path)
{
    while (path != NULL) {
        if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
            return true;
        path = strchr(path, '/');
        if (path != NULL)
            path++;
    }
    return false;
}

bool source_root_set_fallback(struct source_root *root, const char *path)
{
    root->fallback = path;
    if (path[0] != '\0' && path[0] != '/' && !source_root_climbs(path))
        return true;
    message_usage("--sarif-fallback=%s: it must be a path in the folder of the sources", path);
    return false;
}

void source_root_clear(struct source_root *root)
{
    free(root->named);
    free(root->real);
    root->named = root->real = NULL;
}

static const char *below(const char *folder, const char *path)
{
    size_t length = folder != NULL ? strlen(folder) : 0;

    if (length > 0 && folder[length - 1] == '/')
        length--;
    if (folder == NULL || strncmp(path, folder, length) != 0 || path[length] != '/')
        return NULL;
    return path + length + 1;
}

const char *source_root_below(const struct source_root *root, const char *path)
{
    const char *rest = below(root->named, path);

    return rest != NULL ? rest : below(root->real, path);
}

const char *source_root_path(const struct source_root *root, const char *source)
{
    const char *path = source;

    if (source == NULL)
        return NULL;
    if (source[0] == '/')
        path = root != NULL ? source_root_below(root, source) : NULL;
    else if (strncmp(source, "./", 2) == 0)
        path = source + 2;
    return path == NULL || path[0] == '\0' || source_root_climbs(path) ? NULL : path;
}
