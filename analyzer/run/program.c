// SPDX-License-Identifier: MIT
#include "run/program.h"

#include "base/memory.h"
#include "base/regular.h"
#include "run/elf_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { INTERPRETER_LINE_MAX = 256, SCRIPT_DEPTH_MAX = 5 }; /* BINPRM_BUF_SIZE and limit of Linux */

static bool executable_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static char *search_path(const char *name)
{
    const char *variable = getenv("PATH");
    /* execvp() of glibc uses these folders where there is no PATH. */
    char *directories = memory_string(variable != NULL ? variable : "/bin:/usr/bin");
    char *rest = directories, *directory, *found = NULL;

    while (found == NULL && (directory = strsep(&rest, ":")) != NULL) {
        found = memory_format("%s/%s", directory[0] != '\0' ? directory : ".", name);
        if (!executable_file(found)) {
            free(found);
            found = NULL;
        }
    }
    free(directories);
    return found;
}

/*
 * The interpreter of a script, a new string. A file that is neither ELF nor begins with "#!" is run
 * by /bin/sh, as execvp() does. NULL where path is an ELF file or cannot be read.
 */
static char *script_interpreter(const char *path)
{
    char line[INTERPRETER_LINE_MAX + 1] = "", *name, *rest = line + 2;
    struct stat status;
    int descriptor = regular_open(path, 0, &status);
    ssize_t length = descriptor >= 0 ? read(descriptor, line, INTERPRETER_LINE_MAX) : -1;

    if (descriptor >= 0)
        close(descriptor);
    if (length < 0 || strncmp(line, "\177ELF", 4) == 0)
        return NULL;
    if (strncmp(line, "#!", 2) != 0)
        return memory_string("/bin/sh");
    line[strcspn(line, "\n")] = '\0';
    rest += strspn(rest, " \t");
    name = strsep(&rest, " \t");
    return name[0] != '\0' ? memory_string(name) : NULL;
}

/* Would execve() change what the process may do, so that the loader distrusts its environment? */
static bool gains_privileges(const char *path)
{
    struct stat status;
    struct statvfs mount;
    bool set_id;

    if (stat(path, &status) != 0 || statvfs(path, &mount) != 0)
        return false;
    if ((mount.f_flag & ST_NOSUID) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return false;
    set_id = ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid()) ||
             ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
              status.st_gid != getgid());
    /* The real root user has all capabilities anyway. */
    return set_id || (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0);
}

void program_inspect_file(struct program *program, const char *path)
{
    struct elf_facts facts;

    memset(program, 0, sizeof *program);
    program->path = memory_string(path);
    program->is_privileged = gains_privileges(path);
    elf_facts_read(&facts, path);
    program->is_elf = facts.is_elf;
    program->elf_class = facts.elf_class;
    program->machine = facts.machine;
    program->is_static = facts.is_elf && !facts.has_interpreter && !facts.is_loader;
    program->is_musl = facts.is_musl;
    program->has_own_malloc = facts.defines_malloc;
    program->sanitizer = facts.sanitizer;
    program->sanitizer_library = facts.sanitizer_library;
}

void program_inspect(struct program *program, const char *name)
{
    char *path = strchr(name, '/') != NULL ? memory_string(name) : search_path(name);
    char *interpreter;
    bool is_script = false;

    memset(program, 0, sizeof *program);
    for (int depth = 0; path != NULL && depth < SCRIPT_DEPTH_MAX; depth++) {
        interpreter = script_interpreter(path);
        if (interpreter == NULL)
            break;
        free(path);
        path = interpreter;
        is_script = true;
    }
    if (path != NULL && executable_file(path))
        program_inspect_file(program, path);
    program->is_script = is_script;
    free(path);
}

void program_clear(struct program *program)
{
    free(program->path);
    free(program->sanitizer_library);
    memset(program, 0, sizeof *program);
}
