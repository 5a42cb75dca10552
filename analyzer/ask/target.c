// SPDX-License-Identifier: MIT
#include "ask/target.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *target_read(const char *path, size_t *length)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *text = NULL;
    size_t used = 0;
    ssize_t got = 1;

    while (descriptor >= 0 && got > 0) {
        text = memory_resize(text, used + BUFSIZ + 1);
        got = read(descriptor, text + used, BUFSIZ);
        used += got > 0 ? (size_t)got : 0;
    }
    if (descriptor < 0 || got < 0) {
        int error = errno;

        free(text);
        if (descriptor >= 0)
            close(descriptor);
        errno = error;
        return NULL;
    }
    close(descriptor);
    text[used] = '\0';
    if (length != NULL)
        *length = used;
    return text;
}

const char *target_line(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1;
    }
    return NULL;
}

bool target_has_signal(const char *status, const char *name, int number)
{
    const char *set = target_line(status, name);

    return set != NULL && strtoull(set, NULL, 16) >> (number - 1) & 1;
}

static char *read_of(const struct target *target, const char *name)
{
    char *path = memory_format("/proc/%d/%s", target->pid, name);
    char *text = target_read(path, NULL);

    free(path);
    return text;
}

/* --- its report file --- */

/* The first record of a report file, or NULL. */
static struct record *header_of(const char *path)
{
    char start[64] = "", problem[200], *line = NULL;
    struct record *record = NULL;
    size_t size = 0;
    struct stat status;
    FILE *file;
    ssize_t length;

    /* To open anything but a file could do something to it. */
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    if (fread(start, 1, sizeof start - 1, file) > 0 &&
        strncmp(start, "{\"type\":\"header\"", 16) == 0) {
        rewind(file);
        length = getline(&line, &size, file);
        record =
            length > 0 ? record_parse(line, (size_t)length - 1, problem, sizeof problem) : NULL;
        free(line);
    }
    fclose(file);
    if (record != NULL && record->type != RECORD_HEADER) {
        record_free(record);
        record = NULL;
    }
    return record;
}

/* The last value of an option in a list, as a number; fallback where it is not in it. */
static int option_in(const char *list, const char *name, int fallback)
{
    size_t length = strlen(name);

    for (const char *at = list; at != NULL; at = strchr(at, ':')) {
        at += *at == ':';
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            fallback = (int)strtol(at + length + 1, NULL, 10);
    }
    return fallback;
}

/* A file that a parent opened may be a child's too, as long as that has none of its own. */
static bool take_report(struct target *target, const char *path)
{
    struct record *header = header_of(path);
    bool own = header != NULL && (header->pid == target->pid || header->pid == RECORD_ABSENT);

    if (own)
        target->file = open(path, O_RDONLY | O_CLOEXEC);
    if (own && target->file >= 0) {
        target->report = memory_format("/proc/self/fd/%d", target->file);
        target->signal = option_in(header->header.options, "check_signal", 0);
    }
    record_free(header);
    return own;
}

bool target_find_report(struct target *target)
{
    char *folder = memory_format("/proc/%d/fd", target->pid);
    DIR *descriptors = target->report == NULL ? opendir(folder) : NULL;
    struct dirent *entry;

    while (descriptors != NULL && target->report == NULL &&
           (entry = readdir(descriptors)) != NULL) {
        char *path = memory_format("%s/%s", folder, entry->d_name);

        if (entry->d_name[0] != '.')
            take_report(target, path);
        free(path);
    }
    if (descriptors != NULL)
        closedir(descriptors);
    free(folder);
    return target->report != NULL;
}

/* --- whether it listens --- */

static bool has_library(const struct target *target)
{
    char *maps = read_of(target, "maps");
    bool found = maps != NULL && strstr(maps, "/libdlpin.so") != NULL;

    free(maps);
    return found;
}

/* What its environment said when it was started; it may have written other things there since. */
static void read_environment(struct target *target)
{
    static const char name[] = "DLPIN_OPTIONS=";
    char *path = memory_format("/proc/%d/environ", target->pid);
    size_t length = 0;
    char *environment = target_read(path, &length);

    for (char *at = environment; at != NULL && at < environment + length; at += strlen(at) + 1) {
        if (strncmp(at, name, sizeof name - 1) == 0)
            target->signal = option_in(at + sizeof name - 1, "check_signal", 0);
    }
    free(environment);
    free(path);
}

static bool listens(struct target *target)
{
    char *status = read_of(target, "status");
    bool caught;

    if (!target_find_report(target))
        read_environment(target);
    if (target->signal < 1 || target->signal > SIGRTMAX) {
        message_error("process %d does not listen: it was not started with check_signal=32 in "
                      "DLPIN_OPTIONS (dlpin run does that)",
                      target->pid);
        free(status);
        return false;
    }
    caught = status != NULL && target_has_signal(status, "SigCgt", target->signal);
    if (!caught)
        message_error("process %d does not listen: it has no handler for signal %d", target->pid,
                      target->signal);
    free(status);
    return caught;
}

bool target_open(struct target *target, const char *pid)
{
    char *end, *status;
    long number = strtol(pid, &end, 10);

    *target = (struct target){.pid = (pid_t)number, .file = -1};
    if (end == pid || *end != '\0' || number <= 0 || number > INT_MAX) {
        message_error("\"%s\" is no number of a process", pid);
        return false;
    }
    status = read_of(target, "maps");
    if (status == NULL) {
        message_error("process %ld: %s", number,
                      errno == ENOENT ? "there is none" : strerror(errno));
        return false;
    }
    free(status);
    if (!has_library(target)) {
        message_error("process %ld does not run under libdlpin.so", number);
        return false;
    }
    return listens(target);
}

void target_close(struct target *target)
{
    free(target->report);
    target->report = NULL;
    if (target->file >= 0)
        close(target->file);
    target->file = -1;
}
