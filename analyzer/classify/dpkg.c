// SPDX-License-Identifier: MIT
/* The database of dpkg: a list of files for each package, and the versions of all in one file. */
#include "classify/installed.h"

#include "base/memory.h"
#include "base/regular.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path under which a package may have a file that is wanted. */
struct candidate {
    char *path;
    struct installed *file;
    UT_hash_handle hh;
};

/* Takes the path over. */
static void add_candidate(struct candidate **candidates, char *path, struct installed *file)
{
    struct candidate *candidate;

    HASH_FIND_STR(*candidates, path, candidate);
    if (candidate != NULL) {
        free(path);
        return;
    }
    candidate = memory_zeroed(sizeof *candidate);
    candidate->path = path;
    candidate->file = file;
    HASH_ADD_KEYPTR(hh, *candidates, candidate->path, strlen(candidate->path), candidate);
}

/* /lib is a link to /usr/lib, and packages have either. */
static void add_candidates(struct candidate **candidates, const char *path, struct installed *file)
{
    static const char usr[] = "/usr";
    bool in_usr = strncmp(path, usr, sizeof usr - 1) == 0 && path[sizeof usr - 1] == '/';

    add_candidate(candidates, memory_string(path), file);
    add_candidate(candidates,
                  in_usr ? memory_string(path + sizeof usr - 1) : memory_format("%s%s", usr, path),
                  file);
}

static void free_candidates(struct candidate *candidates)
{
    struct candidate *candidate = candidates, *next;

    HASH_CLEAR(hh, candidates); /* the table only; the items keep their order */
    for (; candidate != NULL; candidate = next) {
        next = candidate->hh.next;
        free(candidate->path);
        free(candidate);
    }
}

static FILE *open_text(const char *path)
{
    struct stat status;
    int descriptor = regular_open(path, 0, &status);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;

    if (file == NULL && descriptor >= 0)
        close(descriptor);
    return file;
}

/* Without the end of the line; false at the end of the file. */
static bool next_line(FILE *file, char **line, size_t *size)
{
    ssize_t length = getline(line, size, file);

    if (length > 0 && (*line)[length - 1] == '\n')
        (*line)[length - 1] = '\0';
    return length >= 0;
}

/* name: of the package, with its architecture where there may be several. */
static void read_list(const struct candidate *candidates, const char *path, const char *name,
                      int name_length)
{
    FILE *file = open_text(path);
    struct candidate *candidate;
    char *line = NULL;
    size_t size = 0;

    if (file == NULL)
        return;
    while (next_line(file, &line, &size)) {
        HASH_FIND_STR(candidates, line, candidate);
        if (candidate != NULL && candidate->file->package == NULL)
            candidate->file->package =
                package_new(memory_format("%.*s", name_length, name), memory_string(""));
    }
    free(line);
    fclose(file);
}

static bool all_found(const struct candidate *candidates)
{
    while (candidates != NULL && candidates->file->package != NULL)
        candidates = candidates->hh.next;
    return candidates == NULL;
}

static void read_lists(const struct candidate *candidates, const char *folder)
{
    static const char suffix[] = ".list";
    DIR *directory = opendir(folder);
    const struct dirent *entry;

    while (directory != NULL && !all_found(candidates) && (entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);
        char *path;

        if (length < sizeof suffix ||
            strcmp(entry->d_name + length - (sizeof suffix - 1), suffix) != 0)
            continue;
        path = memory_format("%s/%s", folder, entry->d_name);
        read_list(candidates, path, entry->d_name, (int)(length - (sizeof suffix - 1)));
        free(path);
    }
    if (directory != NULL)
        closedir(directory);
}

/* The value of a field, if the line is that. */
static const char *field(const char *line, const char *name)
{
    size_t length = strlen(name);

    return strncmp(line, name, length) == 0 ? line + length : NULL;
}

struct paragraph {
    char *package, *architecture, *version;
};

static void keep(char **value, const char *found)
{
    if (found == NULL)
        return;
    free(*value);
    *value = memory_string(found);
}

static bool is_of(const struct paragraph *paragraph, const char *name)
{
    size_t length = strcspn(name, ":");

    return paragraph->package != NULL && strlen(paragraph->package) == length &&
           strncmp(paragraph->package, name, length) == 0 &&
           (name[length] == '\0' || (paragraph->architecture != NULL &&
                                     strcmp(paragraph->architecture, name + length + 1) == 0));
}

static void end_paragraph(struct paragraph *paragraph, struct installed *files, size_t count)
{
    for (size_t i = 0; i < count && paragraph->version != NULL; i++) {
        struct package *package = files[i].package;

        if (package != NULL && package->version[0] == '\0' && is_of(paragraph, package->name))
            keep(&package->version, paragraph->version);
    }
    free(paragraph->package);
    free(paragraph->architecture);
    free(paragraph->version);
    *paragraph = (struct paragraph){0};
}

static void read_versions(const char *path, struct installed *files, size_t count)
{
    FILE *file = open_text(path);
    struct paragraph paragraph = {0};
    char *line = NULL;
    size_t size = 0;

    if (file == NULL)
        return;
    while (next_line(file, &line, &size)) {
        if (line[0] == '\0')
            end_paragraph(&paragraph, files, count);
        keep(&paragraph.package, field(line, "Package: "));
        keep(&paragraph.architecture, field(line, "Architecture: "));
        keep(&paragraph.version, field(line, "Version: "));
    }
    end_paragraph(&paragraph, files, count);
    free(line);
    fclose(file);
}

/* They were only needed to tell which version is meant. */
static void cut_architectures(struct installed *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].package != NULL)
            files[i].package->name[strcspn(files[i].package->name, ":")] = '\0';
    }
}

void dpkg_find(const char *root, struct installed *files, size_t count)
{
    char *lists = memory_format("%s/var/lib/dpkg/info", root);
    char *status = memory_format("%s/var/lib/dpkg/status", root);
    struct candidate *candidates = NULL;

    for (size_t i = 0; i < count; i++) {
        if (files[i].package != NULL)
            continue;
        add_candidates(&candidates, files[i].path, &files[i]);
        add_candidates(&candidates, files[i].real, &files[i]);
    }
    if (candidates != NULL) {
        read_lists(candidates, lists);
        read_versions(status, files, count);
        cut_architectures(files, count);
    }
    free_candidates(candidates);
    free(lists);
    free(status);
}
