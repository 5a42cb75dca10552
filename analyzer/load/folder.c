// SPDX-License-Identifier: MIT
#include "load/folder.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/regular.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of rubbish is not worth more lines than this; the rest is only counted. */
enum { SKIPPED_LINES_MAX = 10 };

static bool looks_like_report(const char *path, const struct file_ids *written, size_t *skipped)
{
    struct stat status;
    char first[2] = "{";
    int descriptor = regular_open(path, 0, &status);
    bool readable = descriptor >= 0 && read(descriptor, first, sizeof first) >= 0;

    if (descriptor == -EISDIR)
        return false;
    if (descriptor == -EMEDIUMTYPE) {
        if (++*skipped <= SKIPPED_LINES_MAX)
            message_error("%s: skipped, it is %s", path, regular_problem(descriptor));
        return false;
    }
    if (descriptor < 0)
        return true; /* the reader says why it cannot be opened */
    close(descriptor);
    if (file_ids_have(written, &status))
        return false;
    if (readable && first[0] == '{' && first[1] != '\n')
        return true;
    if (++*skipped <= SKIPPED_LINES_MAX)
        message_error("%s: skipped, it does not begin like a report", path);
    return false;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

bool folder_read(struct folder *folder, const char *path, const struct file_ids *written)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, visible, versionsort);
    size_t skipped = 0;

    *folder = (struct folder){0};
    if (count < 0) {
        message_error("%s: %s", path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        char *file = memory_format("%s/%s", path, entries[i]->d_name);

        if (entries[i]->d_type != DT_DIR && looks_like_report(file, written, &skipped))
            ARRAY_PUSH(folder->files, folder->count, file);
        else
            free(file);
        free(entries[i]);
    }
    free(entries);
    if (skipped > SKIPPED_LINES_MAX)
        message_error("%s: %zu more files skipped", path, skipped - SKIPPED_LINES_MAX);
    if (folder->count == 0)
        message_error("%s: no report files in it", path);
    return folder->count > 0;
}

void folder_free(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        free(folder->files[i]);
    free(folder->files);
    *folder = (struct folder){0};
}
