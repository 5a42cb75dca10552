// SPDX-License-Identifier: MIT
#include "ask/target.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/regular.h"
#include "load/lines.h"
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

/* 65530 mappings, the most that Linux allows, with long paths; a header with all its arguments. */
enum { PROC_FILE_MAX = 64 << 20, HEADER_MAX = 8 << 20 };

char *target_read(const struct target *target, const char *name, size_t *length)
{
    int descriptor = openat(target->folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
    char *text = NULL;
    size_t used = 0, room = 0;
    ssize_t got = 1;

    while (descriptor >= 0 && got > 0 && used <= PROC_FILE_MAX) {
        if (room - used < BUFSIZ + 1) {
            room = 2 * room + BUFSIZ + 1;
            text = memory_resize(text, room);
        }
        got = read(descriptor, text + used, BUFSIZ);
        used += got > 0 ? (size_t)got : 0;
    }
    if (descriptor < 0 || got != 0) {
        int error = got > 0 && descriptor >= 0 ? EFBIG : errno;

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

DIR *target_list(const struct target *target, const char *name)
{
    int descriptor = openat(target->folder, name, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
    DIR *list = descriptor >= 0 ? fdopendir(descriptor) : NULL;

    if (list == NULL && descriptor >= 0)
        close(descriptor);
    return list;
}

bool target_lives(const struct target *target)
{
    char *status = target_read(target, "status", NULL);

    free(status);
    return status != NULL;
}

static bool take_first_line(void *context, const struct line *line)
{
    struct record **record = context;
    char problem[200];

    if (!line->too_long && line->complete)
        *record = record_parse(line->text, line->length, problem, sizeof problem);
    return false;
}

/* The first record of an open report file, or NULL. */
static struct record *header_of(int file)
{
    static const char beginning[] = "{\"type\":\"header\"";
    char start[sizeof beginning];
    struct record *record = NULL;

    /* The process may have any file open; most are none of ours, and large. */
    if (pread(file, start, sizeof beginning - 1, 0) != sizeof beginning - 1 ||
        memcmp(start, beginning, sizeof beginning - 1) != 0)
        return NULL;
    lines_read(file, HEADER_MAX, take_first_line, &record);
    if (record != NULL && record->type != RECORD_HEADER) {
        record_free(record);
        record = NULL;
    }
    return record;
}

/* The file was made by the process's user, root or our own user. */
static bool may_be_its_report(const struct target *target, const struct stat *status)
{
    struct stat process;

    return status->st_uid == 0 || status->st_uid == geteuid() ||
           (fstat(target->folder, &process) == 0 && status->st_uid == process.st_uid);
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

/* A file that a parent opened may be a child's too, as long as that has none of its own. Takes the
 * open file over. */
static void take_report(struct target *target, int file, const struct stat *status)
{
    struct record *header = may_be_its_report(target, status) ? header_of(file) : NULL;

    if (header != NULL && (header->pid == target->pid || header->pid == RECORD_ABSENT)) {
        target->file = file;
        target->report = memory_format("/proc/self/fd/%d", file);
        target->signal = option_in(header->header.options, "check_signal", 0);
    } else {
        close(file);
    }
    record_free(header);
}

bool target_find_report(struct target *target)
{
    DIR *descriptors = target->report == NULL ? target_list(target, "fd") : NULL;
    const struct dirent *entry;

    while (descriptors != NULL && target->report == NULL &&
           (entry = readdir(descriptors)) != NULL) {
        struct stat status;
        int file = entry->d_name[0] != '.'
                       ? regular_open_at(dirfd(descriptors), entry->d_name, 0, &status)
                       : -1;

        if (file >= 0)
            take_report(target, file, &status);
    }
    if (descriptors != NULL)
        closedir(descriptors);
    return target->report != NULL;
}

static bool has_library(const struct target *target)
{
    char *maps = target_read(target, "maps", NULL);
    bool found = maps != NULL && strstr(maps, "/libdlpin.so") != NULL;

    free(maps);
    return found;
}

/* What its environment said when it was started; it may have written other things there since. */
static void read_environment(struct target *target)
{
    static const char name[] = "DLPIN_OPTIONS=";
    size_t length = 0;
    char *environment = target_read(target, "environ", &length);

    for (char *at = environment; at != NULL && at < environment + length; at += strlen(at) + 1) {
        if (strncmp(at, name, sizeof name - 1) == 0)
            target->signal = option_in(at + sizeof name - 1, "check_signal", 0);
    }
    free(environment);
}

static bool listens(struct target *target)
{
    char *status = target_read(target, "status", NULL);
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

static int open_folder(pid_t pid)
{
    char path[sizeof "/proc/" + 3 * sizeof pid];

    snprintf(path, sizeof path, "/proc/%d", pid);
    return open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
}

bool target_open(struct target *target, const char *pid)
{
    char *end, *status;
    long number = strtol(pid, &end, 10);

    *target = (struct target){.pid = (pid_t)number, .folder = -1, .file = -1};
    if (end == pid || *end != '\0' || number <= 0 || number > INT_MAX) {
        message_error("\"%s\" is no number of a process", pid);
        return false;
    }
    target->folder = open_folder(target->pid);
    status = target->folder < 0 ? NULL : target_read(target, "maps", NULL);
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
    if (target->folder >= 0)
        close(target->folder);
    target->file = target->folder = -1;
}
