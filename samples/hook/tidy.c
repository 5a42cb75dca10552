// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: everything is taken back by the destructor. */
#include "plugin.h"

#include <obstack.h>
#include <printf.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

static char name[] = "session";
static char buffer[BUFSIZ];
static FILE *stream, *session;
static void (*before)(void);

static ssize_t session_write(void *cookie, const char *text, size_t size)
{
    (void)cookie;
    (void)text;
    return (ssize_t)size;
}

static int session_convert(FILE *to, const struct printf_info *info, const void *const *arguments)
{
    (void)info;
    (void)arguments;
    return fprintf(to, "session");
}

static int session_arguments(const struct printf_info *info, size_t count, int *types, int *sizes)
{
    (void)info;
    (void)count;
    (void)types;
    (void)sizes;
    return 0;
}

static void session_failed(void)
{
    abort();
}

ENTRY(start)
{
    cookie_io_functions_t functions = {.write = session_write};

    openlog(name, LOG_NDELAY, LOG_USER);
    session = fopencookie(NULL, "w", functions);
    stream = fopen("/dev/null", "we");
    before = obstack_alloc_failed_handler;
    obstack_alloc_failed_handler = session_failed;
    if (!session || !stream || setvbuf(stream, buffer, _IOFBF, sizeof buffer) != 0)
        return -1;
    return register_printf_specifier('W', session_convert, session_arguments) == 0 ? 0 : -1;
}

/* The stream has another buffer before the unload. */
ENTRY(start_replaced)
{
    if (setvbuf(stdin, buffer, _IOFBF, sizeof buffer) != 0)
        return -1;
    return setvbuf(stdin, NULL, _IONBF, 0) == 0 ? 0 : -1;
}

/* The calls work as they do without dlpin. */
ENTRY(use)
{
    static const char *volatile format = "%W"; /* compilers do not know it */
    FILE *out = fopencookie(NULL, "w", (cookie_io_functions_t){.write = session_write});

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (!out || fprintf(out, format, 0) != 7 || fclose(out) != 0)
        return -1;
    return fputs("session", session) >= 0 && fflush(session) == 0 ? 0 : -1;
}

__attribute__((destructor)) static void end(void)
{
    if (!session)
        return;
    closelog();
    fclose(session);
    fclose(stream);
    obstack_alloc_failed_handler = before;
    register_printf_specifier('W', NULL, NULL);
}
