// SPDX-License-Identifier: MIT
#include "render/location.h"

#include "base/memory.h"
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
    free(current);
    return true;
}

static bool climbs(const char *path)
{
    while (path != NULL) {
        if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0'))
            return true;
        path = strchr(path, '/');
        path += path != NULL;
    }
    return false;
}

bool source_root_set_fallback(struct source_root *root, const char *path)
{
    root->fallback = path;
    if (path[0] != '\0' && path[0] != '/' && !climbs(path))
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

/* A path that is relative was mapped by the compiler, to the root as a rule. */
static const char *path_in_root(const struct source_root *root, const char *source)
{
    const char *path = source;

    if (source == NULL || source[0] == '\0')
        return NULL;
    if (source[0] == '/') {
        path = root != NULL ? below(root->named, source) : NULL;
        if (path == NULL)
            path = root != NULL ? below(root->real, source) : NULL;
    }
    return path == NULL || path[0] == '\0' || climbs(path) ? NULL : path;
}

struct location location_of_frame(const struct source_root *root, const struct frame *frame)
{
    return (struct location){
        .path = path_in_root(root, frame->source),
        .line = frame->line > 0 ? frame->line : 1,
        .function = frame->function != NULL ? frame->function : frame->symbol,
    };
}

/* The first of the frames that is in the root, and of the module unless that is RECORD_ABSENT. */
static bool find(struct location *location, const struct source_root *root, int64_t module,
                 const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (module != RECORD_ABSENT && frames[i].module != module)
            continue;
        *location = location_of_frame(root, &frames[i]);
        if (location->path != NULL)
            return true;
    }
    return false;
}

struct location location_of_finding(const struct source_root *root, const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    const struct path *way = &data->way;
    struct location location;

    if ((data->module != RECORD_ABSENT &&
         (find(&location, root, data->module, data->stack, data->stack_count) ||
          find(&location, root, data->module, data->points, data->point_count))) ||
        find(&location, root, RECORD_ABSENT, data->stack, data->stack_count) ||
        find(&location, root, RECORD_ABSENT, data->points, data->point_count))
        return location;
    for (size_t i = 0; i < way->count; i++) {
        if (way->nodes[i].frame != NULL &&
            find(&location, root, RECORD_ABSENT, way->nodes[i].frame, 1))
            return location;
    }
    return (struct location){
        .line = 1,
        .function =
            finding_group(finding) != NULL ? finding_group(finding)->signature.function : NULL,
    };
}

struct location location_of_crash(const struct source_root *root, const struct crash *crash)
{
    const struct crash_record *data = crash->data;
    struct location location;

    if (find(&location, root, RECORD_ABSENT, data->place, data->place_count) ||
        find(&location, root, RECORD_ABSENT, data->stack, data->stack_count))
        return location;
    location = location_of_frame(root, data->place);
    return (struct location){.line = 1, .function = location.function};
}

/* A name need not be the name of a file. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/'), *part = slash != NULL ? slash + 1 : name;

    return part[0] == '\0' || climbs(part) || strcmp(part, ".") == 0 ? "?" : part;
}

const char *location_path(const struct location *location, const struct source_root *root,
                          const struct module *module)
{
    if (location->path != NULL)
        return location->path;
    if (root != NULL && root->fallback != NULL)
        return root->fallback;
    return last_part(module_identity(module));
}
