// SPDX-License-Identifier: MIT
/*
 * A driver for dlpin try --driver=PROGRAM: opens a library, uses it, and closes it, N times.
 *
 *   cc -o driver try-driver.c -ldl && dlpin try --driver=./driver ./plugin.so
 */
#include <dlfcn.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    for (int loads = argc > 2 ? atoi(argv[2]) : 0; loads > 0; loads--) {
        void *library = dlopen(argv[1], RTLD_NOW);
        int (*start)(const char *);

        if (library == NULL)
            return 1; /* another status than 0: the library could not be tried */
        *(void **)&start = dlsym(library, "start");
        if (start != NULL)
            start("what this function wants");
        dlclose(library);
    }
    return 0;
}
