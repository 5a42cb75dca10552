// SPDX-License-Identifier: MIT
/* ends WAY PLUGIN: loads and unloads the plug-in, and ends so that its report has no end, though
 * its status is 0. "child", "child-later": a child ends so, before or after it has begun its
 * report. "chroot ROOT", "chroot-raw ROOT", "setns NAMESPACE": from another root folder, with an
 * end.
 */
#include "../harmless/filters/inline.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* No file may grow: as on a full disk, but for this process alone. */
static void fill_disk(void)
{
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1, 1});
}

static void enter(const char *way, const char *where)
{
    int file = open(where, O_RDONLY | O_CLOEXEC);
    if (file < 0 || (strcmp(way, "chroot") == 0  ? chroot(where)
                     : strcmp(way, "setns") == 0 ? setns(file, CLONE_NEWNS)
                                                 : syscall(SYS_chroot, where)) != 0)
        _exit(91);
    close(file);
}

static void load(const char *path)
{
    void *plugin = dlopen(path, RTLD_NOW);
    if (plugin)
        dlclose(plugin);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 90;
    if (argc > 3) {
        enter(argv[1], argv[2]);
        load(argv[3]);
        return 0;
    }
    if (strcmp(argv[1], "quietly") == 0) {
        load(argv[2]);
        call_inline(SYS_exit_group, 0, 0, 0, 0, 0);
    }
    if (strncmp(argv[1], "child", 5) == 0 && fork() > 0) {
        wait(NULL);
        return 0;
    }
    if (strcmp(argv[1], "child-later") == 0)
        load(argv[2]);
    fill_disk();
    load(argv[2]);
    return 0;
}
