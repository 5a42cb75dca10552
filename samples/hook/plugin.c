// SPDX-License-Identifier: MIT
/*
 * Defect: functions and memory of this plug-in that it gave to the C library to be used later: the
 * name for the system log, conversions of printf(), buffers of streams, the functions of a stream
 * of fopencookie(), a handler that is a variable.
 *
 * Consequence: the next use reads, writes or jumps to the address where they were.
 *
 * Report: hook, dangling, error.
 *
 * Fix: tidy.c.
 */
#include "plugin.h"

#include <obstack.h>
#include <printf.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

static char name[] = "session";
static char buffer[BUFSIZ];

ENTRY(start)
{
    openlog(name, LOG_NDELAY, LOG_USER);
    return 0;
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

ENTRY(start_convert)
{
    return register_printf_specifier('W', session_convert, session_arguments) == 0 ? 0 : -1;
}

static int session_old_arguments(const struct printf_info *info, size_t count, int *types)
{
    (void)info;
    (void)count;
    (void)types;
    return 0;
}

/* The older name, which much code still has. */
ENTRY(start_convert_old)
{
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return register_printf_function('Y', session_convert, session_old_arguments) == 0 ? 0 : -1;
}

static void session_argument(void *memory, va_list *arguments)
{
    *(int *)memory = va_arg(*arguments, int);
}

ENTRY(start_type)
{
    return register_printf_type(session_argument) >= 0 ? 0 : -1;
}

ENTRY(stop_convert)
{
    return register_printf_specifier('W', NULL, NULL) == 0 ? 0 : -1;
}

ENTRY(start_buffer)
{
    return setvbuf(stdin, buffer, _IOFBF, sizeof buffer) == 0 ? 0 : -1;
}

ENTRY(start_setbuf)
{
    setbuf(stdin, buffer);
    return 0;
}

ENTRY(start_setbuffer)
{
    setbuffer(stdin, buffer, sizeof buffer);
    return 0;
}

static ssize_t session_write(void *cookie, const char *text, size_t size)
{
    (void)cookie;
    (void)text;
    return (ssize_t)size;
}

ENTRY(start_stream)
{
    cookie_io_functions_t functions = {.write = session_write};

    return fopencookie(NULL, "w", functions) ? 0 : -1;
}

static FILE *memory_stream;

ENTRY(start_memory_stream)
{
    memory_stream = fmemopen(buffer, sizeof buffer, "w");
    return memory_stream ? 0 : -1;
}

ENTRY(start_memory_stream_of_its_own)
{
    memory_stream = fmemopen(NULL, sizeof buffer, "w");
    return memory_stream ? 0 : -1;
}

ENTRY(stop_memory_stream)
{
    return fclose(memory_stream) == 0 ? 0 : -1;
}

static char *old_state;

ENTRY(start_random)
{
    old_state = initstate(1, buffer, 256);
    return old_state ? 0 : -1;
}

ENTRY(stop_random)
{
    return setstate(old_state) ? 0 : -1;
}

ENTRY(start_random_again)
{
    return setstate(buffer) ? 0 : -1;
}

static void session_failed(void)
{
    abort();
}

ENTRY(start_handler)
{
    obstack_alloc_failed_handler = session_failed;
    return 0;
}
