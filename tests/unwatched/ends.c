// SPDX-License-Identifier: MIT
/* ends WAY PLUGIN: loads and unloads the plug-in, and ends so that its report has no end, though
 * its status is 0. "child", "child-later": a child ends so, before or after it has begun its
 * report. */
#include <dlfcn.h>
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
    if (strcmp(argv[1], "quietly") == 0) {
        load(argv[2]);
        syscall(SYS_exit_group, 0);
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
