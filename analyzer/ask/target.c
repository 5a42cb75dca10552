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

enum { USUAL_SIGNAL = 32 }; /* as dlpin run sets it */

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

static void take_file(struct target *target, int file)
{
    target->file = file;
    target->report = memory_format("/proc/self/fd/%d", file);
}

/* Takes the open file over. */
static void take_report(struct target *target, int file, const struct stat *status)
{
    struct record *header = may_be_its_report(target, status) ? header_of(file) : NULL;
    bool is_its_own =
        header != NULL && (header->pid == target->number || header->pid == RECORD_ABSENT);

    if (is_its_own || (header != NULL && target->parents < 0))
        target->signal = option_in(header->header.options, "check_signal", 0);
    if (is_its_own)
        take_file(target, file);
    else if (header != NULL && target->parents < 0)
        target->parents = file;
    else
        close(file);
    record_free(header);
}

/* A process writes to its own report file and to that of its parent, and reads none. */
static bool is_open_for_writing(DIR *descriptors, const char *name)
{
    struct stat link;

    return fstatat(dirfd(descriptors), name, &link, AT_SYMLINK_NOFOLLOW) == 0 &&
           (link.st_mode & (S_IRUSR | S_IWUSR)) == S_IWUSR;
}

bool target_find_report(struct target *target)
{
    DIR *descriptors = target->report == NULL ? target_list(target, "fd") : NULL;
    const struct dirent *entry;

    while (descriptors != NULL && target->report == NULL &&
           (entry = readdir(descriptors)) != NULL) {
        struct stat status;
        int file = entry->d_name[0] != '.' && is_open_for_writing(descriptors, entry->d_name)
                       ? regular_open_at(dirfd(descriptors), entry->d_name, 0, &status)
                       : -1;

        if (file >= 0)
            take_report(target, file, &status);
    }
    if (descriptors != NULL)
        closedir(descriptors);
    return target->report != NULL;
}

void target_take_parents(struct target *target)
{
    take_file(target, target->parents);
    target->parents = -1;
}

/*
 * The signal by what its environment said when it was started. Some programs write other things
 * there, and from some the library removes its variables: then the usual one, if it has a handler.
 */
static int signal_by_environment(const struct target *target, const char *status)
{
    static const char name[] = "DLPIN_OPTIONS=";
    size_t length = 0;
    char *environment = target_read(target, "environ", &length);
    int number = -1;

    for (char *at = environment; at != NULL && at < environment + length; at += strlen(at) + 1) {
        if (strncmp(at, name, sizeof name - 1) == 0)
            number = option_in(at + sizeof name - 1, "check_signal", 0);
    }
    free(environment);
    if (number < 0)
        number = target_has_signal(status, "SigCgt", USUAL_SIGNAL) ? USUAL_SIGNAL : 0;
    return number;
}

/* "Seccomp:\t2" and the like. */
static bool is_confined(const char *status)
{
    const char *filter = target_line(status, "Seccomp"),
               *locked = target_line(status, "NoNewPrivs");

    return (filter != NULL && strtol(filter, NULL, 10) > 0) ||
           (locked != NULL && strtol(locked, NULL, 10) > 0);
}

static bool listens(struct target *target, const char *status)
{
    const char *why = NULL;

    if (!target_find_report(target) && target->parents < 0)
        target->signal = signal_by_environment(target, status);
    if (target->signal < 1 || target->signal > SIGRTMAX)
        why = "it was started without check_signal=32 in DLPIN_OPTIONS (dlpin run sets it)";
    else if (target_has_signal(status, "SigCgt", target->signal))
        return true;
    else if (is_confined(status))
        why = "it has confined itself (seccomp, no_new_privs), and libdlpin.so is no longer active";
    else
        why = "libdlpin.so is not active in it (set-user-ID, left out by --trace-children-skip, "
              "still starting or already ending)";
    message_error("process %d does not listen: %s", target->pid, why);
    return false;
}

static int open_folder(pid_t pid)
{
    char path[sizeof "/proc/" + 3 * sizeof pid];

    snprintf(path, sizeof path, "/proc/%d", pid);
    return open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
}

static char state_of(const char *status)
{
    const char *state = target_line(status, "State");

    return state != NULL ? state[strspn(state, "\t ")] : '?';
}

static bool has_ended(const char *status)
{
    return state_of(status) == 'Z' || state_of(status) == 'X';
}

/* The kernel changes user numbers on the way into another user namespace, and the request's number
 * is in the place of one. */
static bool is_in_other_users(const struct target *target)
{
    struct stat own, its;

    return stat("/proc/self/ns/user", &own) == 0 &&
           fstatat(target->folder, "ns/user", &its, 0) == 0 &&
           (own.st_dev != its.st_dev || own.st_ino != its.st_ino);
}

/* A request would wait, and be served when nobody asks any more. */
static bool is_stopped(const char *status)
{
    return state_of(status) == 'T' || state_of(status) == 't';
}

/* In a namespace of its own a process has another number, and writes that one into its report: the
 * last of proc(5)'s NSpid. */
static pid_t own_number(const struct target *target, const char *status)
{
    const char *at = target_line(status, "NSpid"), *end = at != NULL ? strchr(at, '\n') : NULL;
    long number = target->pid;
    char *next;

    while (at != NULL && at != end) {
        long read = strtol(at, &next, 10);

        if (next == at || (end != NULL && next > end))
            break;
        number = read;
        at = next;
    }
    return (pid_t)number;
}

/* Why nothing can be read of it. */
static void explain_unreadable(const struct target *target, int error)
{
    if (error == ENOENT || error == ESRCH)
        message_error("process %d: there is none", target->pid);
    else if (error == EACCES || error == EPERM)
        message_error("process %d cannot be read: it is of another user, or has changed its user; "
                      "root may read it, with the right to trace it",
                      target->pid);
    else
        message_error("process %d cannot be read: %s", target->pid, strerror(error));
}

static bool can_be_asked(struct target *target)
{
    char *status = target_read(target, "status", NULL), *maps = NULL;
    bool good = false;

    if (status != NULL)
        target->number = own_number(target, status);
    if (status != NULL && !has_ended(status))
        maps = target_read(target, "maps", NULL);
    if (status == NULL || (maps == NULL && !has_ended(status)))
        explain_unreadable(target, errno);
    else if (maps == NULL)
        message_error("process %d has ended", target->pid);
    else if (strstr(maps, "/libdlpin.so") == NULL)
        message_error("process %d does not run under libdlpin.so", target->pid);
    else if (is_in_other_users(target))
        message_error(
            "process %d is in another user namespace: ask from within (nsenter -t %d -U -p)",
            target->pid, target->pid);
    else if (is_stopped(status))
        message_error(
            "process %d is stopped, by a signal or a debugger: it answers when it goes on",
            target->pid);
    else
        good = listens(target, status);
    free(maps);
    free(status);
    return good;
}

bool target_open(struct target *target, const char *pid)
{
    char *end;
    long number = strtol(pid, &end, 10);

    *target = (struct target){
        .pid = (pid_t)number, .number = (pid_t)number, .folder = -1, .file = -1, .parents = -1};
    if (end == pid || *end != '\0' || number <= 0 || number > INT_MAX) {
        message_error("\"%s\" is no number of a process", pid);
        return false;
    }
    target->folder = open_folder(target->pid);
    if (target->folder < 0) {
        explain_unreadable(target, errno);
        return false;
    }
    return can_be_asked(target);
}

void target_close(struct target *target)
{
    free(target->report);
    target->report = NULL;
    if (target->file >= 0)
        close(target->file);
    if (target->parents >= 0)
        close(target->parents);
    if (target->folder >= 0)
        close(target->folder);
    target->file = target->parents = target->folder = -1;
}
