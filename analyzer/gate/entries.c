// SPDX-License-Identifier: MIT
#include "gate/entries.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/regular.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of rubbish is not worth more messages; the rest is only counted. */
enum { SIZE_MAX_READ = 64 << 20, BAD_LINES_MAX = 10 };

#define VERSION_PREFIX "# dlpin/"

struct entry *entries_add(struct entries *entries, char *text)
{
    struct entry *entry = memory_zeroed(sizeof *entry);
    char *problem;

    entry->file = entries->path;
    entry->line = entries->count + 1;
    problem = entry_parse(entry, text);
    entries->bad += problem != NULL;
    if (problem != NULL && entries->bad <= BAD_LINES_MAX)
        message_error("%s:%zu: line left out: %s", entries->path, entry->line, problem);
    free(problem);
    ARRAY_PUSH(entries->items, entries->count, (struct entry_item){entry});
    return entry;
}

/* All of it, with a zero after it; NULL: it is too large, or errno says why not. */
static char *read_all(int descriptor, size_t *size)
{
    size_t room = 64 << 10;
    char *text = memory_block(room + 1);
    ssize_t got;

    *size = 0;
    while ((got = read(descriptor, text + *size, room - *size)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || *size + (size_t)got >= SIZE_MAX_READ) {
            errno = got < 0 ? errno : EFBIG;
            free(text);
            return NULL;
        }
        *size += (size_t)got;
        if (*size == room) {
            room *= 2;
            text = memory_resize(text, room + 1);
        }
    }
    text[*size] = '\0';
    return text;
}

static bool take_line(struct entries *entries, const char *begin, size_t length)
{
    char *text = memory_format("%.*s", (int)length, begin);
    long version = strncmp(text, VERSION_PREFIX, strlen(VERSION_PREFIX)) == 0
                       ? strtol(text + strlen(VERSION_PREFIX), NULL, 10)
                       : SIGNATURE_VERSION;

    if (strlen(text) != length) {
        message_error("%s:%zu: a zero byte in it", entries->path, entries->count + 1);
        free(text);
        return false;
    }
    entries_add(entries, text);
    if (version == SIGNATURE_VERSION)
        return true;
    message_error("%s:%zu: its signatures are not of version %s", entries->path, entries->count,
                  SIGNATURE_VERSION_NAME);
    return false;
}

static bool take_lines(struct entries *entries, const char *text, size_t size)
{
    const char *end = text + size;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline != NULL ? newline : end) - text);

        if (!take_line(entries, text, length))
            return false;
        text += length + (newline != NULL);
    }
    return true;
}

/* The first line of a baseline says that it is one. */
static bool is_of_entries(const struct entries *entries)
{
    const char *first = entries->count > 0 ? entries->items[0].entry->text : "";

    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].entry->type != ENTRY_NOTHING)
            return true;
    }
    return entries->bad == 0 || strncmp(first, VERSION_PREFIX, strlen(VERSION_PREFIX)) == 0;
}

static bool judge(const struct entries *entries)
{
    if (entries->bad > BAD_LINES_MAX)
        message_error("%s: %zu more lines left out", entries->path, entries->bad - BAD_LINES_MAX);
    if (is_of_entries(entries))
        return true;
    message_error("%s: no suppressions or baseline: none of its lines is an entry", entries->path);
    return false;
}

bool entries_read(struct entries *entries, const char *path)
{
    struct stat status;
    size_t size = 0;
    int descriptor = regular_open(path, REGULAR_OR_PIPE, &status);
    char *text = descriptor >= 0 ? read_all(descriptor, &size) : NULL;
    int error = descriptor >= 0 ? -errno : descriptor;
    bool good;

    *entries = (struct entries){.path = path};
    if (descriptor >= 0)
        close(descriptor);
    if (text == NULL) {
        message_error("cannot read %s: %s", path, regular_problem(error));
        return false;
    }
    good = take_lines(entries, text, size) && judge(entries);
    free(text);
    return good;
}

void entries_clear(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        entry_free(entries->items[i].entry);
    free(entries->items);
    *entries = (struct entries){0};
}

static bool put_lines(FILE *out, const struct entries *entries, bool without_fixed)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = entries->items[i].entry;

        if (!without_fixed || entry->state != ENTRY_FIXED)
            fprintf(out, "%s\n", entry->text);
    }
    return fflush(out) == 0 && !ferror(out) && fsync(fileno(out)) == 0;
}

/* The mode that a new file would have, or that the old one has. */
static mode_t mode_of(const char *path)
{
    struct stat status;
    mode_t mask;

    if (stat(path, &status) == 0)
        return status.st_mode & 07777;
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool replace(const struct entries *entries, const char *path, bool without_fixed)
{
    char *other = memory_format("%s.XXXXXX", path);
    int descriptor = mkstemp(other);
    FILE *out = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    bool good = out != NULL && fchmod(descriptor, mode_of(path)) == 0 &&
                put_lines(out, entries, without_fixed);

    if (out != NULL)
        good &= fclose(out) == 0;
    if (good)
        good = rename(other, path) == 0;
    if (!good) {
        int error = errno;

        if (descriptor >= 0)
            unlink(other);
        errno = error;
    }
    free(other);
    return good;
}

bool entries_write(const struct entries *entries, bool without_fixed)
{
    char *target = realpath(entries->path, NULL);
    bool good = replace(entries, target != NULL ? target : entries->path, without_fixed);

    if (!good)
        message_error("cannot write %s: %s", entries->path, strerror(errno));
    free(target);
    return good;
}
