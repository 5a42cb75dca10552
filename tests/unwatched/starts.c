// SPDX-License-Identifier: MIT
/*
 * starts WAY PROGRAM PLUGIN [FOLDER]: starts PROGRAM PLUGIN in one of many ways, most of them with
 * an environment of its own, and ends with the status of PROGRAM.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char *program, *folder, *arguments[3];
static char *nothing[] = {NULL};
static char first[] = "FIRST=1", empty[] = "EMPTY=", preload[] = "LD_PRELOAD=", none[] = "";
static char *some[] = {first, empty, none, preload, first, NULL};

static void fail(void)
{
    printf("FAILED: %s\n", strerror(errno));
    fflush(stdout);
    _exit(99);
}

static void must(int result)
{
    if (result != 0)
        fail();
}

static void run_execve(void)
{
    execve(program, arguments, nothing);
}

static void run_some(void)
{
    execve(program, arguments, some);
}

static void run_no_array(void)
{
    execve(program, arguments, NULL);
}

static void run_execle(void)
{
    execle(program, arguments[0], arguments[1], (char *)NULL, some);
}

static void run_environ(void)
{
    environ = some;
    execv(program, arguments);
}

static void run_execl(void)
{
    environ = nothing;
    execl(program, arguments[0], arguments[1], (char *)NULL);
}

static char *name_in_path(void)
{
    char *slash = strrchr(program, '/'), path[4096];
    snprintf(path, sizeof path, "/nowhere:/etc:%.*s:/bin", (int)(slash - program), program);
    setenv("PATH", path, 1);
    return slash + 1;
}

static void run_execvpe(void)
{
    execvpe(name_in_path(), arguments, some);
}

static void run_execlp(void)
{
    char *name = name_in_path();
    unsetenv("LD_PRELOAD");
    unsetenv("DLPIN_OPTIONS");
    setenv("PATH", getenv("PATH"), 1);
    execlp(name, arguments[0], arguments[1], (char *)NULL);
}

static void run_fexecve(void)
{
    fexecve(open(program, O_RDONLY | O_CLOEXEC), arguments, some);
}

static void run_execveat(void)
{
    execveat(open("/", O_PATH | O_CLOEXEC), program + 1, arguments, some, 0);
}

static void run_unset(void)
{
    unsetenv("LD_PRELOAD");
    execv(program, arguments);
}

/* On a small stack, as of a handler. */
static void on_signal(int number)
{
    (void)number;
    run_some();
    fail();
}

static void run_in_handler(void)
{
    static char memory[12 << 10];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    must(sigaltstack(&stack, NULL));
    must(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_ONSTACK},
                   NULL));
    raise(SIGUSR1);
}

static void *run_in_thread(void *unused)
{
    (void)unused;
    run_some();
    fail();
    return NULL;
}

static void run_threads(void)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run_in_thread, NULL));
    pthread_join(thread, NULL);
}

static void give_up_user(void)
{
    if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
        fail();
}

static void run_drop(void)
{
    give_up_user();
    execv(program, arguments);
}

static void run_drop_empty(void)
{
    give_up_user();
    run_execve();
}

static void run_chroot(void)
{
    if (chroot(folder) != 0 || chdir("/") != 0)
        fail();
    execv(program, arguments);
}

static void run_chroot_empty(void)
{
    if (chroot(folder) != 0 || chdir("/") != 0)
        fail();
    run_some();
}

static void run_chroot_fexecve(void)
{
    int file = open(program, O_RDONLY | O_CLOEXEC);
    if (chroot(folder) != 0 || chdir("/") != 0)
        fail();
    fexecve(file, arguments, some);
}

static void run_many(void)
{
    enum { COUNT = 3000 };
    static char *many[COUNT + 1], texts[COUNT][16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "V%d=%d", i, i);
        many[i] = texts[i];
    }
    execve(program, arguments, many);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        fail();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static int spawn(void)
{
    pid_t pid = -1;
    must(posix_spawn(&pid, program, NULL, NULL, arguments, some));
    return wait_for(pid);
}

static int spawn_name(void)
{
    pid_t pid = -1;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_USEVFORK | POSIX_SPAWN_SETSIGMASK);
    must(posix_spawnp(&pid, name_in_path(), NULL, &attributes, arguments, nothing));
    return wait_for(pid);
}

/* Of glibc 2.39. */
extern int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
    __attribute__((weak));
extern int pidfd_spawnp(int *pidfd, const char *name, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
    __attribute__((weak));

/* The number of the process is nowhere to be had. */
static int wait_for_descriptor(int error, int pidfd)
{
    int status;
    if (error)
        printf("spawn: %s\n", strerror(error));
    if (error)
        return error == ENOSYS ? 97 : 0;
    must(waitpid(-1, &status, 0) < 0);
    printf("%s\n", fcntl(pidfd, F_GETFD) == FD_CLOEXEC ? "a descriptor" : "no descriptor");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int spawn_pidfd(void)
{
    int pidfd = -1;
    if (!pidfd_spawn)
        return 97;
    return wait_for_descriptor(pidfd_spawn(&pidfd, program, NULL, NULL, arguments, some), pidfd);
}

static int spawn_pidfd_name(void)
{
    int pidfd = -1;
    if (!pidfd_spawnp)
        return 97;
    return wait_for_descriptor(pidfd_spawnp(&pidfd, name_in_path(), NULL, NULL, arguments, nothing),
                               pidfd);
}

static int spawn_pidfd_nothing(void)
{
    int pidfd = -1;
    if (!pidfd_spawn)
        return 97;
    return wait_for_descriptor(pidfd_spawn(&pidfd, "/nowhere/program", NULL, NULL, arguments, some),
                               pidfd);
}

static int spawn_with_actions(const char *path)
{
    pid_t pid = -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 1, 5);
    posix_spawn_file_actions_addopen(&actions, 6, "made", O_CREAT | O_EXCL | O_WRONLY, 0600);
    int error = posix_spawn(&pid, path, &actions, NULL, arguments, some);
    posix_spawn_file_actions_destroy(&actions);
    unlink("made");
    if (error)
        printf("spawn: %s\n", strerror(error));
    return error ? 0 : wait_for(pid);
}

static int spawn_actions(void)
{
    return spawn_with_actions(program);
}

static int spawn_nothing(void)
{
    return spawn_with_actions("/nowhere/program");
}

static int spawn_relative(void)
{
    char *slash = strrchr(program, '/');
    *slash = '\0';
    must(chdir(program));
    return spawn_with_actions(slash + 1);
}

static int shell(void)
{
    char command[8192];
    snprintf(command, sizeof command, "%s %s", program, arguments[1]);
    clearenv();
    fflush(stdout);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int stream(void)
{
    char command[8192], line[4096];
    snprintf(command, sizeof command, "%s %s", program, arguments[1]);
    clearenv();
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe))
        fputs(line, stdout);
    int status = pipe ? pclose(pipe) : -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int vfork_child(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execve(program, arguments, some);
        _exit(97);
    }
    return wait_for(pid);
}

static int vfork_nothing(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        execve("/nowhere/program", arguments, some);
        _exit(errno == ENOENT ? 0 : 97);
    }
    return wait_for(pid);
}

static int vfork_failing(void)
{
    for (int i = 0; i < 3; i++)
        if (vfork_nothing() != 0)
            return 96;
    return vfork_child();
}

static int failing(void)
{
    errno = 0;
    execve("/nowhere/program", arguments, some);
    printf("%s\n", strerror(errno));
    execve("/etc", arguments, some);
    printf("%s\n", strerror(errno));
    execve("/etc/passwd", arguments, some);
    printf("%s\n", strerror(errno));
    execvpe("no-such-program", arguments, some);
    printf("%s\n", strerror(errno));
    return 0;
}

static const struct {
    const char *name;
    void (*in_child)(void); /* of fork */
    int (*start)(void);
} ways[] = {
    {"execve", run_execve, NULL},
    {"some", run_some, NULL},
    {"no-array", run_no_array, NULL},
    {"execle", run_execle, NULL},
    {"environ", run_environ, NULL},
    {"execl", run_execl, NULL},
    {"execvpe", run_execvpe, NULL},
    {"execlp", run_execlp, NULL},
    {"fexecve", run_fexecve, NULL},
    {"execveat", run_execveat, NULL},
    {"unset", run_unset, NULL},
    {"handler", run_in_handler, NULL},
    {"thread", run_threads, NULL},
    {"drop", run_drop, NULL},
    {"drop-empty", run_drop_empty, NULL},
    {"chroot", run_chroot, NULL},
    {"chroot-empty", run_chroot_empty, NULL},
    {"chroot-fexecve", run_chroot_fexecve, NULL},
    {"many", run_many, NULL},
    {"spawn", NULL, spawn},
    {"spawnp", NULL, spawn_name},
    {"pidfd-spawn", NULL, spawn_pidfd},
    {"pidfd-spawnp", NULL, spawn_pidfd_name},
    {"pidfd-spawn-nothing", NULL, spawn_pidfd_nothing},
    {"spawn-actions", NULL, spawn_actions},
    {"spawn-nothing", NULL, spawn_nothing},
    {"spawn-relative", NULL, spawn_relative},
    {"system", NULL, shell},
    {"popen", NULL, stream},
    {"vfork", NULL, vfork_child},
    {"vfork-failing", NULL, vfork_failing},
    {"failing", NULL, failing},
};

int main(int argc, char **argv)
{
    if (argc < 4)
        return 90;
    program = argv[2];
    folder = argv[4];
    arguments[0] = argv[2];
    arguments[1] = argv[3];
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i].name, argv[1]) != 0)
            continue;
        if (ways[i].start)
            return ways[i].start();
        pid_t pid = fork();
        if (pid == 0) {
            ways[i].in_child();
            fail();
        }
        return wait_for(pid);
    }
    return 91;
}
