// SPDX-License-Identifier: MIT
/* A handler for fork that is registered in the name of the program: the loader drops only those
 * that a module registered in its own name. */
#include <stddef.h>

extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *object);
extern void *__dso_handle;

static void prepare(void)
{
}

__attribute__((constructor)) static void start(void)
{
#ifdef TIDY
    __register_atfork(prepare, NULL, NULL, __dso_handle);
#else
    __register_atfork(prepare, NULL, NULL, NULL);
#endif
}
