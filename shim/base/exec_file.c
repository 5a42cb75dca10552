// SPDX-License-Identifier: MIT
#include "base/exec_file.h"
#include "base/compiler.h"
#include "base/sys.h"
#include "base/variables.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SCRIPT_LINE_MAX = 256, /* BINPRM_BUF_SIZE of Linux */
    SCRIPT_DEPTH_MAX = 5,
    SEGMENTS_MAX = 64,
    MOUNT_NOSUID = 2, /* statfs(2), ST_NOSUID */
};

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#else
#error "unknown architecture"
#endif

/* Identifies a file whichever path leads to it. */
struct identity {
    dev_t device;
    ino_t inode;
};

static struct identity loader, library;
static const char *library_path, *report_folder;

static bool stat_at(const struct exec_file *file, struct stat *status)
{
    return file->path &&
           sys_call(SYS_newfstatat, file->folder, file->path, status, file->flags) == 0;
}

static bool identify(const char *path, struct identity *identity)
{
    struct stat status;
    if (!stat_at(&(struct exec_file){AT_FDCWD, path, 0, NULL}, &status))
        return false;
    *identity = (struct identity){status.st_dev, status.st_ino};
    return true;
}

static bool is_same(const char *path, const struct identity *wanted)
{
    struct identity found;
    return wanted->inode && identify(path, &found) && found.device == wanted->device &&
           found.inode == wanted->inode;
}

void exec_file_start(const char *path, const char *folder)
{
    const struct link_map *map = _r_debug.r_map;
    while (map && (!map->l_addr || map->l_addr != _r_debug.r_ldbase))
        map = map->l_next;
    if (map)
        identify(map->l_name, &loader);
    identify(path, &library);
    library_path = path;
    report_folder = folder;
}

static int open_at(const struct exec_file *file)
{
    char path[sizeof "/proc/self/fd/" + 3 * sizeof file->folder] = "/proc/self/fd/", digits[12];
    unsigned n = 0, at = sizeof "/proc/self/fd/" - 1;
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    if (!(file->flags & AT_EMPTY_PATH) || *file->path)
        return (int)sys_call(SYS_openat, file->folder, file->path, flags, 0);
    for (int rest = file->folder; rest || !n; rest /= 10)
        digits[n++] = (char)('0' + rest % 10);
    while (n)
        path[at++] = digits[--n];
    path[at] = '\0';
    return (int)sys_call(SYS_openat, AT_FDCWD, path, flags, 0);
}

static bool ignores_set_id(int fd)
{
    struct statfs mount;
    if (calls_are_filtered())
        return false;
    return sys_call(SYS_prctl, PR_GET_NO_NEW_PRIVS) == 1 ||
           (sys_call(SYS_fstatfs, fd, &mount) == 0 && mount.f_flags & MOUNT_NOSUID);
}

struct ids {
    unsigned long uid, euid, gid, egid;
};

/* The first two numbers of a line of /proc/self/status. */
static bool find_ids(const char *status, const char *name, unsigned long *real,
                     unsigned long *effective)
{
    const char *line = strstr(status, name);
    if (!line)
        return false;
    unsigned long *const numbers[] = {real, effective};
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++) {
        line += strcspn(line, "0123456789");
        for (*numbers[i] = 0; *line >= '0' && *line <= '9'; line++)
            *numbers[i] = *numbers[i] * 10 + (unsigned long)(*line - '0');
    }
    return true;
}

/* A filter may kill for getuid(2), but not for what the loader did. */
static bool get_ids(struct ids *ids)
{
    char status[512];
    if (calls_are_filtered())
        return sys_read_file("/proc/self/status", status, sizeof status) > 0 &&
               find_ids(status, "\nUid:", &ids->uid, &ids->euid) &&
               find_ids(status, "\nGid:", &ids->gid, &ids->egid);
    *ids = (struct ids){(unsigned long)sys_call(SYS_getuid), (unsigned long)sys_call(SYS_geteuid),
                        (unsigned long)sys_call(SYS_getgid), (unsigned long)sys_call(SYS_getegid)};
    return true;
}

/* The loader will not trust its environment (AT_SECURE). */
static bool is_privileged(int fd, const struct stat *status)
{
    enum { SET_GROUP = S_ISGID | S_IXGRP };
    struct ids ids;
    if (!get_ids(&ids))
        return true;
    bool has_set_id = status->st_mode & S_ISUID || (status->st_mode & SET_GROUP) == SET_GROUP;
    if (has_set_id && !ignores_set_id(fd)) {
        if (status->st_mode & S_ISUID)
            ids.euid = status->st_uid;
        if ((status->st_mode & SET_GROUP) == SET_GROUP)
            ids.egid = status->st_gid;
    }
    return ids.uid != ids.euid || ids.gid != ids.egid ||
           (ids.uid != 0 && !calls_are_filtered() &&
            sys_call(SYS_fgetxattr, fd, "security.capability", NULL, 0) > 0);
}

/* By the call that the loader makes, for which no filter kills. */
static bool may_access(int folder, const char *path, int how)
{
#if defined(SYS_access)
    if (folder == AT_FDCWD || *path == '/')
        return sys_call(SYS_access, path, how) == 0;
#endif
    return sys_call(SYS_faccessat, folder, path, how) == 0;
}

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
    return sys_call(SYS_pread64, fd, to, size, offset) == (long)size;
}

/* 1: there is one, in `segment`; 0: there is none; -1: the file is damaged. */
static int find_interpreter(int fd, const ElfW(Ehdr) * header, ElfW(Phdr) * segment)
{
    if (header->e_phentsize != sizeof *segment || header->e_phnum > SEGMENTS_MAX)
        return -1;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (!read_at(fd, segment, sizeof *segment, header->e_phoff + i * sizeof *segment))
            return -1;
        if (segment->p_type == PT_INTERP)
            return 1;
    }
    return 0;
}

/* With another C library, or another copy of ours, this library may not fit. */
static bool has_our_loader(int fd, const ElfW(Phdr) * segment)
{
    char path[SCRIPT_LINE_MAX];
    return segment->p_filesz > 1 && segment->p_filesz <= sizeof path &&
           read_at(fd, path, segment->p_filesz, segment->p_offset) &&
           path[segment->p_filesz - 1] == '\0' && is_same(path, &loader);
}

static bool can_read_library(void)
{
    int fd = (int)sys_call(SYS_openat, AT_FDCWD, library_path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    sys_call(SYS_close, fd);
    return is_same(library_path, &library);
}

/* By the real ids, which are the effective ones of a program that is not privileged. */
static bool can_report(void)
{
    return !report_folder || may_access(AT_FDCWD, report_folder, W_OK | X_OK);
}

static enum unfollowed inspect_elf(int fd, const ElfW(Ehdr) * header, const struct stat *status)
{
    ElfW(Phdr) segment;
    if (is_privileged(fd, status))
        return UNFOLLOWED_PRIVILEGED;
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != MACHINE)
        return UNFOLLOWED_FOREIGN;
    int found = find_interpreter(fd, header, &segment);
    if (status->st_dev == loader.device && status->st_ino == loader.inode)
        return can_read_library() ? UNFOLLOWED_LOADER : UNFOLLOWED_NO_LIBRARY;
    if (found <= 0)
        return found == 0 ? UNFOLLOWED_STATIC : UNFOLLOWED_FOREIGN;
    if (!can_read_library())
        return UNFOLLOWED_NO_LIBRARY;
    if (!has_our_loader(fd, &segment))
        return UNFOLLOWED_FOREIGN;
    return can_report() ? UNFOLLOWED_NOT : UNFOLLOWED_NO_REPORT;
}

/* The interpreter in a line that begins with "#!", ended in place; NULL: there is none. */
static char *interpreter_in(char *line)
{
    char *start = line + 2 + strspn(line + 2, " \t");
    start[strcspn(start, " \t\n")] = '\0';
    return *start ? start : NULL;
}

union beginning {
    ElfW(Ehdr) header;
    char line[SCRIPT_LINE_MAX];
};

/* *script is the interpreter of a script, in `beginning`, or NULL. */
static enum unfollowed inspect_one(const struct exec_file *file, union beginning *beginning,
                                   const char **script)
{
    struct stat status;
    *script = NULL;
    if (!stat_at(file, &status) || !S_ISREG(status.st_mode) || !(status.st_mode & 0111))
        return UNFOLLOWED_ABSENT;
    if (*file->path && !may_access(file->folder, file->path, X_OK))
        return UNFOLLOWED_ABSENT;
    int fd = open_at(file);
    if (fd < 0)
        return UNFOLLOWED_UNREADABLE; /* also without /proc, where it is a descriptor */
    long length = sys_call(SYS_pread64, fd, beginning, sizeof *beginning - 1, 0);
    enum unfollowed found = UNFOLLOWED_UNREADABLE;
    beginning->line[length > 0 ? length : 0] = '\0';
    if (length >= (long)sizeof beginning->header &&
        !memcmp(beginning->header.e_ident, ELFMAG, SELFMAG))
        found = inspect_elf(fd, &beginning->header, &status);
    else if (length > 2 && !memcmp(beginning->line, "#!", 2))
        *script = interpreter_in(beginning->line);
    else if (length >= 0)
        *script = file->shell;
    sys_call(SYS_close, fd);
    return found;
}

enum unfollowed exec_file_inspect(const struct exec_file *file)
{
    union beginning beginning;
    const char *script;
    enum unfollowed found = inspect_one(file, &beginning, &script);
    for (int depth = 0; script && depth < SCRIPT_DEPTH_MAX; depth++)
        found = inspect_one(&(struct exec_file){AT_FDCWD, script, 0, NULL}, &beginning, &script);
    return found;
}

bool exec_file_is_question(const char *path, char *const *argv)
{
    static const char *const questions[] = {"--version", "--verify",        "--list",
                                            "--help",    "--list-tunables", "--list-diagnostics"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *argument = NULL;
    char text[sizeof "--list-diagnostics"];
    if (strncmp(name, "ld", 2) != 0 || !strstr(name, ".so") ||
        sys_copy_memory(argv + 1, &argument, sizeof argument) != (ssize_t)sizeof argument ||
        variables_copy_text(argument, text, sizeof text) < 0)
        return false;
    for (unsigned i = 0; i < ARRAY_SIZE(questions); i++)
        if (!strcmp(text, questions[i]))
            return true;
    return false;
}
