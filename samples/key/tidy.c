// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: whoever makes a key deletes it, here at the latest in the ELF
 * destructor. */
#include "plugin.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

int __pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

static pthread_key_t counter;
static bool started;

ENTRY(start)
{
    started = pthread_key_create(&counter, NULL) == 0;
    return started ? 0 : -1;
}

ENTRY(start_free)
{
    started = pthread_key_create(&counter, free) == 0;
    return started ? 0 : -1;
}

ENTRY(start_c11)
{
    started = tss_create(&counter, NULL) == thrd_success;
    return started ? 0 : -1;
}

ENTRY(start_underscore)
{
    started = __pthread_key_create(&counter, NULL) == 0;
    return started ? 0 : -1;
}

ENTRY(use)
{
    return pthread_setspecific(counter, NUMBER) == 0 ? 0 : -1;
}

/* The C library opens and closes modules of its own for this, and keeps what it made. */
ENTRY(use_libc)
{
    iconv_t converter = iconv_open("UTF-16", "ISO-8859-2");
    char *error = converter == (iconv_t)-1 ? strerror(errno) : strerror(12345);

    if (converter != (iconv_t)-1)
        iconv_close(converter);
    return error && getpwuid(0) ? 0 : -1;
}

ENTRY(stop)
{
    int error = started ? pthread_key_delete(counter) : 0;

    started = false;
    return error == 0 ? 0 : -1;
}

/* The same as tss_delete(). */
ENTRY(stop_c11)
{
    if (started)
        tss_delete(counter);
    started = false;
    return 0;
}

__attribute__((destructor)) static void plugin_fini(void)
{
    if (started)
        pthread_key_delete(counter);
}
