// SPDX-License-Identifier: MIT
/*
 * "Same fork/exec behaviour": each function of the exec family passes arguments and environment on
 * as they were given, and returns as it does without the shim where it fails; then the program runs
 * on.
 */
#include "../observe.h"
#include <sys/stat.h>

extern char **environ;

static char *arguments[] = {(char *)"first", (char *)"second", (char *)"", (char *)"last", NULL};
static char *variables[4] = {(char *)"ONE=1", (char *)"TWO=2 3", NULL, NULL};
static char *nothing[] = {NULL};

static void run(int way)
{
    switch (way) {
    case 0:
        execve("./process_show", arguments, variables);
        break;
    case 1:
        execv("./process_show", arguments);
        break;
    case 2:
        execvp("process_show", arguments);
        break;
    case 3:
        execvpe("process_show", arguments, variables);
        break;
    case 4:
        execl("./process_show", "one", "two", "three", "four", "five", "six", "seven",
              (char *)NULL);
        break;
    case 5:
        execlp("process_show", "one", (char *)NULL);
        break;
    case 6:
        execle("./process_show", "one", "two", (char *)NULL, variables);
        break;
    case 7:
        fexecve(open("./process_show", O_RDONLY | O_CLOEXEC), arguments, variables);
        break;
    case 8:
        execve("./process_show", arguments, nothing);
        break;
    case 9:
        execvp("script", arguments);
        break;
    case 10:
        execveat(AT_FDCWD, "./process_show", arguments, variables, 0);
        break;
    case 11:
        leave_something();
        execve("./process_show", arguments, variables);
        break;
    default:
        environ = variables;
        execl("./process_show", "one", "two", (char *)NULL);
        break;
    }
    say("FAILED exec: %s\n", error_name(errno));
    _exit(1);
}

static void fail(void)
{
    errno = 0;
    int result = execve("./absent", arguments, variables);
    say("execve of nothing: %d %s\n", result, error_name(errno));
    result = execv("./plain.txt", arguments);
    say("execv of no program: %d %s\n", result, error_name(errno));
    result = execvp("absent-program", arguments);
    say("execvp of nothing: %d %s\n", result, error_name(errno));
    result = execl("/", "directory", (char *)NULL);
    say("execl of a folder: %d %s\n", result, error_name(errno));
    result = fexecve(-1, arguments, variables);
    say("fexecve of nothing: %d %s\n", result, error_name(errno));
    result = execlp("", "empty", (char *)NULL);
    say("execlp of an empty name: %d %s\n", result, error_name(errno));
    result = execve("./empty.txt", arguments, variables);
    say("execve of an empty file: %d %s\n", result, error_name(errno));
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    int file = open(name, O_CREAT | O_WRONLY | O_TRUNC, mode);
    check(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
}

int main(void)
{
    setenv("PATH", ".:/usr/bin:/bin", 1);
    const char *preload = getenv("LD_PRELOAD");
    static char passed[4096] = "LD_PRELOAD=";
    if (preload) {
        strncat(passed, preload, sizeof passed - 20);
        variables[2] = passed;
    }
    umask(0);
    write_file("plain.txt", "no program\n", 0644);
    write_file("empty.txt", "", 0755);
    write_file("script", "exec ./process_show by a script \"$@\"\n", 0755);
    for (int way = 0; way < 13; way++) {
        int status = 0;
        say("way %d\n", way);
        int pid = fork();
        if (pid == 0)
            run(way);
        check(waitpid(pid, &status, 0) == pid);
        say("  %s\n", status_text(status));
        check(WIFEXITED(status) && WEXITSTATUS(status) == 12);
    }
    fail();
    leave_something();
    say("and on\n");
    fail();
    execl("./process_show", "at", "the", "end", (char *)NULL);
    return 1;
}
