// SPDX-License-Identifier: MIT
#include "render/html/sources.h"

#include "base/memory.h"
#include "base/regular.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <uthash.h>

enum { FILE_SIZE_MAX = 4 << 20, ALL_SIZE_MAX = 64 << 20 };

struct source_file {
    char *path;
    char *text;
    size_t *lines; /* where each begins; one more where the last ends */
    size_t line_count;
    UT_hash_handle hh;
};

struct sources {
    const char *root; /* NULL: nothing is read */
    struct source_file *files;
    size_t size;
};

struct sources *sources_new(const struct source_root *root)
{
    struct sources *sources = memory_zeroed(sizeof *sources);

    sources->root = root != NULL ? root->real : NULL;
    return sources;
}

void sources_free(struct sources *sources)
{
    struct source_file *file = sources->files, *next;

    HASH_CLEAR(hh, sources->files);
    for (; file != NULL; file = next) {
        next = file->hh.next;
        free(file->path);
        free(file->text);
        free(file->lines);
        free(file);
    }
    free(sources);
}

/* A report may be made where keys and passwords lie, and handed on. */
static bool is_called_like_source(const char *path)
{
    static const char *const suffixes[] = {".c",   ".cc",  ".cpp", ".cxx", ".c++", ".h",   ".hh",
                                           ".hpp", ".hxx", ".h++", ".inc", ".inl", ".ipp", ".tcc",
                                           ".def", ".m",   ".mm",  ".s",   ".rs",  ".go",  ".d",
                                           ".f",   ".f90", ".y",   ".l",   ".zig"};
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot != NULL && i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcasecmp(dot, suffixes[i]) == 0)
            return strchr(dot, '/') == NULL;
    }
    return false;
}

/* By its real place: a link may lead out of the root. */
static int open_in_root(const char *root, const char *path, struct stat *status)
{
    char *joined = memory_format("%s/%s", root, path), *real = realpath(joined, NULL);
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    int descriptor = -1;

    if (real != NULL && strncmp(real, root, length) == 0 && real[length] == '/' &&
        is_called_like_source(real))
        descriptor = regular_open(real, REGULAR_NO_FOLLOW, status);
    free(joined);
    free(real);
    return descriptor;
}

static void find_lines(struct source_file *file, size_t size)
{
    const char *end = file->text + size;

    for (const char *at = file->text; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        ARRAY_PUSH(file->lines, file->line_count, (size_t)(at - file->text));
        at = line_end != NULL ? line_end + 1 : end;
    }
    ARRAY_PUSH(file->lines, file->line_count, size);
}

static void read_file(struct sources *sources, struct source_file *file)
{
    struct stat status;
    int descriptor = open_in_root(sources->root, file->path, &status);
    size_t size = 0;
    ssize_t got = 1;

    if (descriptor < 0)
        return;
    if (status.st_size <= FILE_SIZE_MAX && sources->size + (size_t)status.st_size <= ALL_SIZE_MAX) {
        file->text = memory_block((size_t)status.st_size + 1);
        while (got > 0 && size < (size_t)status.st_size) {
            got = read(descriptor, file->text + size, (size_t)status.st_size - size);
            size += got > 0 ? (size_t)got : 0;
        }
        sources->size += size;
        find_lines(file, size);
    }
    close(descriptor);
}

static const struct source_file *need_file(struct sources *sources, const char *path)
{
    struct source_file *file;

    HASH_FIND_STR(sources->files, path, file);
    if (file != NULL)
        return file;
    file = memory_zeroed(sizeof *file);
    file->path = memory_string(path);
    HASH_ADD_KEYPTR(hh, sources->files, file->path, strlen(file->path), file);
    read_file(sources, file);
    return file;
}

bool sources_line(struct sources *sources, const char *path, int number, struct source_line *line)
{
    const struct source_file *file = sources->root != NULL ? need_file(sources, path) : NULL;
    size_t begin, end;

    if (file == NULL || number < 1 || (size_t)number >= file->line_count)
        return false;
    begin = file->lines[number - 1];
    end = file->lines[number];
    if (end > begin && file->text[end - 1] == '\n')
        end--;
    if (end > begin && file->text[end - 1] == '\r')
        end--;
    *line = (struct source_line){file->text + begin, end - begin};
    return true;
}
