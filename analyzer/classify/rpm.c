// SPDX-License-Identifier: MIT
/* The database of rpm, which has had several forms: rpm itself is asked. */
#include "classify/installed.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each question starts a program. */
enum { QUESTIONS_MAX = 100, LINE_SIZE = 1024 };

static bool has_database(const char *root)
{
    static const char *const folders[] = {"/var/lib/rpm", "/usr/lib/sysimage/rpm"};
    bool has = false;

    for (size_t i = 0; !has && i < sizeof folders / sizeof *folders; i++) {
        char *path = memory_format("%s%s", root, folders[i]);

        has = access(path, R_OK) == 0;
        free(path);
    }
    return has;
}

/* The process number, or -1. The process writes its standard output to the descriptor. */
static pid_t start(char *const *arguments, int output)
{
    posix_spawn_file_actions_t actions;
    pid_t process = -1;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&process, arguments[0], &actions, NULL, arguments, environ) != 0)
        process = -1;
    posix_spawn_file_actions_destroy(&actions);
    return process;
}

static bool ended_well(pid_t process)
{
    int status = 1;
    pid_t ended;

    do {
        ended = waitpid(process, &status, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The first line of what the program says, without its end; false where it fails. */
static bool first_line(char *const *arguments, char line[LINE_SIZE])
{
    int ends[2];
    FILE *stream;
    pid_t process;
    bool got = false;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    process = start(arguments, ends[1]);
    close(ends[1]);
    stream = fdopen(ends[0], "r");
    if (stream != NULL) {
        got = fgets(line, LINE_SIZE, stream) != NULL;
        fclose(stream);
    } else {
        close(ends[0]);
    }
    if (process < 0 || !ended_well(process) || !got)
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

static struct package *ask(const char *root, const char *path)
{
    char *arguments[] = {memory_string("rpm"),
                         memory_format("--root=%s", root[0] != '\0' ? root : "/"),
                         memory_string("-qf"),
                         memory_string("--queryformat=%{NAME}\t%{VERSION}-%{RELEASE}\n"),
                         memory_string("--"),
                         memory_string(path),
                         NULL};
    char line[LINE_SIZE], *tab;
    struct package *package = NULL;

    if (first_line(arguments, line) && (tab = strchr(line, '\t')) != NULL) {
        *tab = '\0';
        package = package_new(memory_string(line), memory_string(tab + 1));
    }
    for (size_t i = 0; arguments[i] != NULL; i++)
        free(arguments[i]);
    return package;
}

void rpm_find(const char *root, struct installed *files, size_t count)
{
    size_t questions = 0;

    if (!has_database(root))
        return;
    for (size_t i = 0; i < count && questions < QUESTIONS_MAX; i++) {
        if (files[i].package != NULL)
            continue;
        files[i].package = ask(root, files[i].real);
        questions++;
    }
}
