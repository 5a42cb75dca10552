// SPDX-License-Identifier: MIT
#include "run/workdir.h"

#include "base/memory.h"
#include "base/message.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Everybody may make files in it, and nobody but its owner may list or remove those of others. */
enum { DROP_BOX = 01733 };

static int compare_names(const void *left, const void *right)
{
    return strverscmp(*(char *const *)left, *(char *const *)right);
}

/* Sorted names of what is in the directory, without "." and "..": process 999 before 1000. */
static char **list_names(const char *path, size_t *count)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    char **names = NULL;

    *count = 0;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ARRAY_PUSH(names, *count, memory_string(entry->d_name));
    }
    if (directory != NULL)
        closedir(directory);
    if (*count > 0)
        qsort(names, *count, sizeof *names, compare_names);
    return names;
}

/* The path becomes a quoted value of DLPIN_OPTIONS, in which '%' has a meaning. */
static bool usable_in_options(const char *path)
{
    return strpbrk(path, "\"%") == NULL;
}

/* A folder that this run makes is open to all users to which the program's processes may change. */
static bool make_kept(const char *keep)
{
    if (mkdir(keep, 0700) != 0)
        return errno == EEXIST;
    return geteuid() != 0 || chmod(keep, DROP_BOX) == 0;
}

static bool is_folder(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode);
}

static bool open_kept(struct workdir *workdir, const char *keep)
{
    if (!make_kept(keep) || !is_folder(keep)) {
        message_error("--keep=%s: %s", keep, strerror(errno));
        return false;
    }
    workdir->keep = true;
    workdir->path = realpath(keep, NULL);
    if (workdir->path == NULL || access(workdir->path, W_OK | X_OK) != 0) {
        message_error("--keep=%s: %s", keep, strerror(errno));
        return false;
    }
    if (!usable_in_options(workdir->path)) {
        message_error("--keep=%s: DLPIN_OPTIONS cannot hold a path with '\"' or '%%'", keep);
        return false;
    }
    workdir->before = list_names(workdir->path, &workdir->before_count);
    return true;
}

/* The name of the drop box, a new string; NULL, with errno, where the system has no random bytes.
 */
static char *drop_box_in(const char *outer)
{
    unsigned char bytes[16];
    char digits[2 * sizeof bytes + 1];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return NULL;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
    return memory_format("%s/%s", outer, digits);
}

static bool make_drop_box(struct workdir *workdir)
{
    if (mkdtemp(workdir->outer) == NULL)
        return false;
    workdir->path = drop_box_in(workdir->outer);
    return workdir->path != NULL && chmod(workdir->outer, 0711) == 0 &&
           mkdir(workdir->path, 0700) == 0 && chmod(workdir->path, DROP_BOX) == 0;
}

static bool open_private(struct workdir *workdir)
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || parent[0] != '/' || !usable_in_options(parent))
        parent = "/tmp";
    workdir->outer = memory_format("%s/dlpin-run.XXXXXX", parent);
    if (make_drop_box(workdir))
        return true;
    message_error("%s: %s", workdir->outer, strerror(errno));
    workdir_close(workdir);
    return false;
}

bool workdir_open(struct workdir *workdir, const char *keep)
{
    memset(workdir, 0, sizeof *workdir);
    return keep != NULL ? open_kept(workdir, keep) : open_private(workdir);
}

char **workdir_files(const struct workdir *workdir, size_t *count)
{
    size_t name_count;
    char **names = list_names(workdir->path, &name_count), **files = NULL;

    *count = 0;
    for (size_t i = 0; i < name_count; i++) {
        bool old =
            workdir->before_count > 0 && bsearch(&names[i], workdir->before, workdir->before_count,
                                                 sizeof *names, compare_names) != NULL;

        if (!old)
            ARRAY_PUSH(files, *count, memory_format("%s/%s", workdir->path, names[i]));
    }
    workdir_free_files(names, name_count);
    return files;
}

size_t workdir_spoiled(char *const *files, size_t count)
{
    size_t spoiled = 0;
    struct stat status;

    for (size_t i = 0; i < count; i++)
        spoiled += lstat(files[i], &status) == 0 && S_ISREG(status.st_mode) &&
                   (status.st_size == 0 || (status.st_mode & S_IWUSR) == 0);
    return spoiled;
}

bool workdir_is_full(const struct workdir *workdir)
{
    struct statvfs disk;

    return statvfs(workdir->path, &disk) == 0 && disk.f_blocks > 0 && disk.f_bavail == 0;
}

void workdir_free_files(char **files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(files[i]);
    free(files);
}

void workdir_close(struct workdir *workdir)
{
    if (workdir->path != NULL && !workdir->keep) {
        size_t count;
        char **files = workdir_files(workdir, &count);

        for (size_t i = 0; i < count; i++)
            unlink(files[i]);
        workdir_free_files(files, count);
        /* A program that still runs may have made another file meanwhile; it then stays. */
        rmdir(workdir->path);
        rmdir(workdir->outer);
    }
    workdir_free_files(workdir->before, workdir->before_count);
    free(workdir->outer);
    free(workdir->path);
    memset(workdir, 0, sizeof *workdir);
}
