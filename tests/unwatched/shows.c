// SPDX-License-Identifier: MIT
/* shows [WORD...] PLUGIN: prints its environment as it sees it and as the kernel has it, and if the
 * auxiliary vector lies behind it; loads and unloads the plug-in. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#ifndef STATIC
#include <dlfcn.h>
#endif

extern char **environ;

static void show(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf(text[i] >= ' ' ? "%c" : "\\%d", text[i]);
    putchar('\n');
}

/* But for what brings the library in where nothing was taken out. */
static int is_shown(const char *variable)
{
    return getenv("SHOWS_ALL") == NULL ||
           (strncmp(variable, "LD_PRELOAD=", 11) != 0 && strncmp(variable, "DLPIN_", 6) != 0);
}

/* Run times of other languages find it so. */
static int has_vector(char **envp)
{
    while (*envp)
        envp++;
    const unsigned long *pair = (const unsigned long *)(envp + 1);
    while (pair[0] != AT_NULL && pair[0] != AT_PAGESZ)
        pair += 2;
    return pair[0] == AT_PAGESZ && pair[1] == getauxval(AT_PAGESZ);
}

int main(int argc, char **argv, char **envp)
{
    static char text[1 << 20];
    int file = open("/proc/self/environ", O_RDONLY);
    long length = file >= 0 ? read(file, text, sizeof text) : 0;

    printf("%d %d %d\n", argc, envp == environ, has_vector(envp));
    for (char **variable = environ; *variable; variable++)
        if (is_shown(*variable))
            show(*variable, strlen(*variable));
    if (length >= 0 && getenv("SHOWS_ALL") == NULL)
        show(text, (size_t)length);
#ifndef STATIC
    void *plugin = dlopen(argv[argc - 1], RTLD_NOW);
    if (plugin)
        dlclose(plugin);
    printf("plug-in: %d\n", plugin != NULL);
#else
    (void)argv;
#endif
    fflush(stdout);
    return 0;
}
