// SPDX-License-Identifier: MIT
#include "symbolize/search.h"

#include "base/memory.h"
#include "base/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEBUG_FOLDER "/usr/lib/debug"

/* Without symbolic links, for files in it are compared by path; NULL after a message. */
static char *real_folder(const char *option, const char *folder)
{
    char *real = realpath(folder, NULL);
    struct stat status;

    if (real != NULL && stat(real, &status) == 0 && S_ISDIR(status.st_mode))
        return real;
    message_usage("--%s=%s: %s", option, folder, strerror(real != NULL ? ENOTDIR : errno));
    free(real);
    return NULL;
}

bool search_set_sysroot(struct search *search, const char *folder)
{
    char *real = real_folder("sysroot", folder);

    if (real == NULL)
        return false;
    free(search->sysroot);
    search->sysroot = real;
    return true;
}

bool search_add_debug_path(struct search *search, const char *folders)
{
    char *copy = memory_string(folders), *rest = copy, *folder, *real = copy;

    while (real != NULL && (folder = strsep(&rest, ":")) != NULL) {
        real = real_folder("debug-path", folder);
        if (real != NULL)
            ARRAY_PUSH(search->debug_folders, search->debug_folder_count, real);
    }
    free(copy);
    return real != NULL;
}

void search_clear(struct search *search)
{
    for (size_t i = 0; i < search->debug_folder_count; i++)
        free(search->debug_folders[i]);
    free(search->debug_folders);
    free(search->sysroot);
    *search = (struct search){0};
}

char *search_debug_folder(const struct search *search, size_t number)
{
    if (search != NULL && number < search->debug_folder_count)
        return memory_string(search->debug_folders[number]);
    number -= search != NULL ? search->debug_folder_count : 0;
    if (search != NULL && search->sysroot != NULL && number-- == 0)
        return search_in_sysroot(search, DEBUG_FOLDER);
    return number == 0 ? memory_string(DEBUG_FOLDER) : NULL;
}

char *search_in_sysroot(const struct search *search, const char *path)
{
    if (search == NULL || search->sysroot == NULL)
        return NULL;
    return memory_format("%s%s", strcmp(search->sysroot, "/") == 0 ? "" : search->sysroot, path);
}
