// SPDX-License-Identifier: MIT
#include "render/location.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct location location_of_place(const struct frame *frame, size_t number)
{
    const struct frame_place place = frame_place(frame, number);

    return (struct location){
        .path = place.path,
        .line = place.line > 0 ? place.line : 1,
        .function = place.function != NULL || place.inlined ? place.function : frame->symbol,
    };
}

struct location location_of_frame(const struct frame *frame)
{
    return location_of_place(frame, frame->inlined_count);
}

/* Libraries of the system have relative paths too, of their own sources. */
static bool is_really_there(const struct source_root *root, const char *path)
{
    char *whole =
        memory_format("%s/%s", root != NULL && root->real != NULL ? root->real : "", path);
    bool is_there = access(whole, F_OK) == 0;

    free(whole);
    return is_there;
}

/*
 * The first of the frames that is in the root, and of the module unless that is RECORD_ABSENT: then
 * a path that only may be in the root must lead to a file.
 */
static bool find(struct location *location, const struct source_root *root, int64_t module,
                 const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (module != RECORD_ABSENT && frames[i].module != module)
            continue;
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++) {
            *location = location_of_place(&frames[i], number);
            if (location->path != NULL &&
                (module != RECORD_ABSENT || frame_place(&frames[i], number).source[0] == '/' ||
                 is_really_there(root, location->path)))
                return true;
        }
    }
    return false;
}

struct location location_of_finding(const struct source_root *root, const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    const struct path *path = &data->retention_path;
    struct location location;

    if ((data->module != RECORD_ABSENT &&
         (find(&location, root, data->module, data->stack, data->stack_count) ||
          find(&location, root, data->module, data->points, data->point_count))) ||
        find(&location, root, RECORD_ABSENT, data->stack, data->stack_count) ||
        find(&location, root, RECORD_ABSENT, data->points, data->point_count))
        return location;
    for (size_t i = 0; i < path->count; i++) {
        if (path->nodes[i].frame != NULL &&
            find(&location, root, RECORD_ABSENT, path->nodes[i].frame, 1))
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
    location = location_of_frame(data->place);
    return (struct location){.line = 1, .function = location.function};
}

/* A name need not be the name of a file. */
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/'), *part = slash != NULL ? slash + 1 : name;

    return part[0] == '\0' || source_root_climbs(part) || strcmp(part, ".") == 0 ? "?" : part;
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
