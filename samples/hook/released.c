// SPDX-License-Identifier: MIT
/*
 * Defect: memory that this plug-in allocated, gave to the C library, and freed while the C library
 * still uses it (the entry point release): the name for the system log, the state of random(), the
 * memory of a stream, the locale of a thread.
 *
 * Consequence: the next use reads or writes memory that others have by then.
 *
 * Report: hook, dangling, error.
 *
 * Fix: the entry point stop, before the memory is freed.
 */
#include "plugin.h"

#include <locale.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

enum { STATE = 128 };

static char *name, *state, *old_state, *text;
static FILE *stream;
static locale_t locale, old_locale;

ENTRY(start_name)
{
    name = strdup("session");
    openlog(name, LOG_NDELAY, LOG_USER);
    return name ? 0 : -1;
}

ENTRY(start_state)
{
    state = malloc(STATE);
    old_state = state ? initstate(1, state, STATE) : NULL;
    return old_state ? 0 : -1;
}

ENTRY(start_stream)
{
    text = malloc(STATE);
    stream = text ? fmemopen(text, STATE, "w") : NULL;
    return stream ? 0 : -1;
}

ENTRY(start_locale)
{
    locale = duplocale(LC_GLOBAL_LOCALE);
    old_locale = locale ? uselocale(locale) : NULL;
    return old_locale ? 0 : -1;
}

ENTRY(stop)
{
    if (name)
        closelog();
    if (state)
        setstate(old_state);
    if (stream)
        fclose(stream);
    if (locale)
        uselocale(old_locale);
    return 0;
}

ENTRY(release)
{
    free(name);
    free(state);
    free(text);
    if (locale)
        freelocale(locale);
    return 0;
}
