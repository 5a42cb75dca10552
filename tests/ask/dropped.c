// SPDX-License-Identifier: MIT
/*
 * dropped WAY PLUGIN FOLDER: starts a worker that gives up its user as one of a server does, loads
 * the plug-in, and waits for the end of the standard input. Its number is on the standard output.
 *
 *   user          nothing else
 *   later         it loads the plug-in only then; the parent has loaded it before
 *   title         it also writes over its arguments and environment
 *   root-folder   its root is FOLDER
 *   confined      it confines itself, and keeps its user
 *   ended         it has ended
 */
#include <dlfcn.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NOBODY = 65534 };

static int give_up_user(void)
{
    return setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0;
}

static void write_title(char *start)
{
    char **last = environ;
    while (last[1])
        last++;
    memset(start, 'x', (size_t)(*last + strlen(*last) - start));
}

static int is_later(char **argv)
{
    return strcmp(argv[1], "later") == 0;
}

static int work(char **argv)
{
    char byte;
    void *plugin = is_later(argv) ? NULL : dlopen(argv[2], RTLD_NOW);
    if (strcmp(argv[1], "root-folder") == 0 && (chroot(argv[3]) != 0 || chdir("/") != 0))
        return 1;
    if (strcmp(argv[1], "confined") == 0)
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    else if (give_up_user())
        return 2;
    if (strcmp(argv[1], "title") == 0)
        write_title(argv[0]);
    if (is_later(argv))
        plugin = dlopen(argv[2], RTLD_NOW);
    printf("%d %d\n", getpid(), plugin != NULL);
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    return 0;
}

int main(int argc, char **argv)
{
    int status = 0;
    if (argc < 4)
        return 90;
    if (is_later(argv)) {
        void *plugin = dlopen(argv[2], RTLD_NOW);
        if (plugin)
            dlclose(plugin);
    }
    pid_t pid = fork();
    if (pid == 0 && strcmp(argv[1], "ended") == 0)
        _exit(0);
    if (pid == 0)
        _exit(work(argv));
    if (strcmp(argv[1], "ended") == 0) {
        siginfo_t end;
        char byte;
        waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT);
        printf("%d 1\n", pid);
        fflush(stdout);
        while (read(STDIN_FILENO, &byte, 1) > 0)
            continue;
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
