// SPDX-License-Identifier: MIT
#include "base/output.h"
#include "base/arena.h"
#include "base/compiler.h"
#include "base/sys.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HIGH_FD = 900, FEW_FDS = 128, MOST_SUFFIXES = 10000 };

/* A descriptor, and the file that it was when we saw it first. */
struct known_file {
    int fd; /* or NONE, or CLOSED: to be opened again when it is needed */
    dev_t device;
    ino_t inode;
};

enum { NONE = -1, CLOSED = -2 };

static struct known_file standard_error = {.fd = NONE};
static struct known_file report = {.fd = NONE};
static char *report_path;
static bool few_descriptors; /* when the file was opened */

static bool identify(int fd, struct known_file *file)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    *file = (struct known_file){fd, st.st_dev, st.st_ino};
    return true;
}

static bool still_the_same(const struct known_file *file)
{
    struct known_file now;
    return file->fd >= 0 && identify(file->fd, &now) && now.device == file->device &&
           now.inode == file->inode;
}

/* A closed pipe and a file at its size limit answer with a signal, which the program must not get.
 */
struct held_signals {
    sigset_t before;
    bool were_pending[2];
};

static const int answers[] = {SIGPIPE, SIGXFSZ};

static void hold_signals(struct held_signals *held)
{
    sigset_t set, pending;
    sigemptyset(&set);
    for (unsigned i = 0; i < ARRAY_SIZE(answers); i++)
        sigaddset(&set, answers[i]);
    sigpending(&pending);
    for (unsigned i = 0; i < ARRAY_SIZE(answers); i++)
        held->were_pending[i] = sigismember(&pending, answers[i]);
    pthread_sigmask(SIG_BLOCK, &set, &held->before);
}

/* A signal that is pending after a failed write, and was not before, came from that write. */
static void release_signals(const struct held_signals *held, bool failed)
{
    static const struct timespec at_once = {0, 0};
    for (unsigned i = 0; i < ARRAY_SIZE(answers) && failed; i++) {
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, answers[i]);
        if (!held->were_pending[i])
            sys_call(SYS_rt_sigtimedwait, &one, NULL, &at_once, (size_t)_NSIG / 8);
    }
    pthread_sigmask(SIG_SETMASK, &held->before, NULL);
}

static bool write_once(int fd, const char *data, size_t length)
{
    long n;
    do
        n = sys_call(SYS_write, fd, data, length);
    while (n < 0 && errno == EINTR);
    return n == (long)length;
}

static bool write_whole(int fd, const char *data, size_t length)
{
    struct held_signals held;
    hold_signals(&held);
    bool whole = write_once(fd, data, length);
    release_signals(&held, !whole);
    return whole;
}

/* True if a write to a file cannot be answered with a signal. */
static bool is_unlimited(void)
{
    struct rlimit limit;
    return sys_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 &&
           limit.rlim_cur == RLIM_INFINITY;
}

void output_init(void)
{
    if (!identify(STDERR_FILENO, &standard_error))
        standard_error.fd = NONE;
}

bool output_stderr(const char *data, size_t length)
{
    return !calls_are_over() && still_the_same(&standard_error) &&
           write_whole(STDERR_FILENO, data, length);
}

/* Moves a descriptor out of the range that programs expect; as high as the limit allows. */
static int move_high(int fd)
{
    struct rlimit limit;
    long lowest = HIGH_FD;
    few_descriptors = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= FEW_FDS;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= HIGH_FD)
        lowest = limit.rlim_cur > 0 ? (long)limit.rlim_cur - 1 : 0;
    long high = sys_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, lowest);
    if (high < 0)
        return fd;
    sys_call(SYS_close, fd);
    return (int)high;
}

static int open_at_path(const char *path, int flags)
{
    int fd = (int)sys_call(SYS_openat, AT_FDCWD, path,
                           O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | flags, 0600);
    return fd < 0 ? -errno : move_high(fd);
}

static void expand(struct text *path, const char *pattern, const char *program)
{
    bool with_pid = false;
    for (const char *at = pattern; *at; at++) {
        if (at[0] == '%' && at[1] == 'p') {
            text_printf(path, "%d", sys_getpid());
            with_pid = true;
            at++;
        } else if (at[0] == '%' && at[1] == 'e') {
            text_add(path, program);
            at++;
        } else {
            text_add_n(path, at, 1);
        }
    }
    if (!with_pid)
        text_printf(path, ".%d", sys_getpid());
}

char *output_absolute_path(const char *path)
{
    char directory[4096];
    struct text absolute = {0};
    if (path[0] == '/')
        return arena_strdup(path);
    if (getcwd(directory, sizeof directory))
        text_printf(&absolute, "%s/", directory);
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    text_add(&absolute, path);
    char *copy = arena_strdup(text_string(&absolute));
    text_free(&absolute);
    return copy;
}

static char *read_program(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return arena_strdup(path);
}

const char *output_program(void)
{
    static const char *program;
    if (!program)
        program = read_program();
    return program ? program : "";
}

static int create(struct text *path)
{
    size_t stem = path->length;
    for (unsigned suffix = 0; suffix < MOST_SUFFIXES && !path->failed; suffix++) {
        if (suffix) {
            path->length = stem;
            text_printf(path, ".%u", suffix);
        }
        int fd = open_at_path(text_string(path), O_CREAT | O_EXCL);
        if (fd != -EEXIST)
            return fd;
    }
    return path->failed ? -ENOMEM : -EEXIST;
}

int output_file_open(const char *pattern, const char *program)
{
    struct text path = {0};
    expand(&path, pattern, program);
    int fd = create(&path);
    if (fd >= 0) {
        /* A fork child gives up its copy of the parent's descriptor. */
        if (still_the_same(&report))
            sys_call(SYS_close, report.fd);
        identify(fd, &report);
        report_path = arena_strdup(text_string(&path));
    }
    text_free(&path);
    if (fd >= 0 || still_the_same(&report))
        return 0;
    return fd;
}

const char *output_file_path(void)
{
    return report_path;
}

static bool reopen(void)
{
    struct known_file again;
    int fd = report_path ? open_at_path(report_path, 0) : -ENOENT;
    if (fd < 0)
        return false;
    if (!identify(fd, &again) || again.device != report.device || again.inode != report.inode) {
        sys_call(SYS_close, fd);
        return false;
    }
    report = again;
    return true;
}

/* Where the limit on descriptors is low, the program gets them all: ours is closed between records.
 */
static void spare_descriptor(void)
{
    if (!few_descriptors)
        return;
    sys_call(SYS_close, report.fd);
    report.fd = CLOSED;
}

bool output_file_write(const char *data, size_t length)
{
    if (calls_are_over() || report.fd == NONE || (!still_the_same(&report) && !reopen()))
        return false;
    bool whole =
        is_unlimited() ? write_once(report.fd, data, length) : write_whole(report.fd, data, length);
    spare_descriptor();
    return whole;
}

void output_file_spoil(void)
{
    if (!calls_are_over() && still_the_same(&report))
        sys_call(SYS_fchmod, report.fd, 0400);
}

void output_fork_child(void)
{
    arena_free(report_path, report_path ? strlen(report_path) + 1 : 0);
    report_path = NULL;
}
