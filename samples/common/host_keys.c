// SPDX-License-Identifier: MIT
/* The steps of host.c that have to do with the host's own key. */
#include "host.h"
#include "steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_key_t session;
static int sessions_ended;

pthread_key_t host_key(void)
{
    return session;
}

char *host_copy(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        die("strdup", "no memory");
    return copy;
}

static void session_count(void *value)
{
    (void)value;
    sessions_ended++;
}

static void make_key(void (*destructor)(void *))
{
    if (pthread_key_create(&session, destructor) != 0)
        die("pthread_key_create", "no key left");
}

void step_key(char **arg)
{
    if (strcmp(arg[0], "free") == 0)
        make_key(free);
    else if (strcmp(arg[0], "count") == 0)
        make_key(session_count);
    else
        make_key(NULL);
}

void step_keys(char **arg)
{
    for (long count = atol(arg[0]); count > 0; count--)
        make_key(NULL);
}

void step_key_of(char **arg)
{
    void (*destructor)(void *);

    *(void **)&destructor = find_function(arg[0], arg[1]);
    make_key(destructor);
}

void step_use(char **arg)
{
    int error = pthread_setspecific(session, &session);

    (void)arg;
    if (error)
        printf("host: my key is gone: %s\n", strerror(error));
}

void step_clear(char **arg)
{
    (void)arg;
    pthread_setspecific(session, NULL);
}

void step_adopt(char **arg)
{
    void *bigger = realloc(pthread_getspecific(session), 10000);

    (void)arg;
    if (!bigger || pthread_setspecific(session, bigger) != 0)
        die("adopt", "failed");
}

void step_delete(char **arg)
{
    int error = pthread_key_delete(session);

    (void)arg;
    if (error)
        printf("host: my key is gone: %s\n", strerror(error));
}
