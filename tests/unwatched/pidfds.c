// SPDX-License-Identifier: MIT
/* Functions of glibc 2.39, for tests with an older one: they start a program by the C library's own
 * functions, past whatever is in front of them. */
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>

typedef int start(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                  const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);

static int start_by(const char *name, int *pidfd, const char *path,
                    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                    char *const argv[], char *const envp[])
{
    start *function = (start *)dlsym(RTLD_NEXT, name);
    pid_t pid;
    int error = function(&pid, path, actions, attributes, argv, envp);
    if (error == 0)
        *pidfd = open("/dev/null", O_RDONLY | O_CLOEXEC); /* not every kernel has better ones */
    return error;
}

int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);
int pidfd_spawnp(int *pidfd, const char *name, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);

int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    return start_by("posix_spawn", pidfd, path, actions, attributes, argv, envp);
}

int pidfd_spawnp(int *pidfd, const char *name, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    return start_by("posix_spawnp", pidfd, name, actions, attributes, argv, envp);
}
