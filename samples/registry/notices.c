// SPDX-License-Identifier: MIT
/* libnotices.so: see notices.h. Nothing here is wrong; plug-ins use it well or badly. */
#include "notices.h"

#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

struct subscriber {
    struct subscriber *next;
    notices_function *function;
    notices_function *before; /* set when somebody takes its place */
};

static struct subscriber *subscribers;

int notices_subscribe(notices_function *function)
{
    struct subscriber *subscriber = malloc(sizeof *subscriber);

    if (!subscriber)
        return -1;
    subscriber->function = function;
    subscriber->next = subscribers;
    subscribers = subscriber;
    return 0;
}

void notices_unsubscribe(notices_function *function)
{
    for (struct subscriber **at = &subscribers; *at; at = &(*at)->next) {
        struct subscriber *subscriber = *at;

        if (subscriber->function != function)
            continue;
        *at = subscriber->next;
        free(subscriber);
        return;
    }
}

/* ---- the handler ---- */

static int ignore(void)
{
    return 0;
}

static notices_function *handler = ignore;
static const void *volatile user_data;

void notices_set_handler(notices_function *function)
{
    handler = function ? function : ignore;
}

void notices_set_user_data(const void *data)
{
    user_data = data;
}

/* ---- the table ---- */

struct format {
    const char *name;
    notices_function *function;
};

static struct {
    unsigned count;
    struct format *list;
} formats;

/* Not by the function that adds: what is allocated here says nothing of who asked for it. */
static __attribute__((noinline)) int grow(void)
{
    struct format *list = realloc(formats.list, (formats.count + 1) * sizeof *list);

    if (list)
        formats.list = list;
    return list ? 0 : -1;
}

int notices_add_format(const char *name, notices_function *function)
{
    if (grow() != 0)
        return -1;
    formats.list[formats.count++] = (struct format){name, function};
    return 0;
}

void notices_remove_format(const char *name)
{
    for (unsigned i = 0; i < formats.count; i++) {
        if (strcmp(formats.list[i].name, name) != 0)
            continue;
        formats.list[i] = formats.list[--formats.count];
        return;
    }
}

int notices_send(void)
{
    int error = handler();

    for (struct subscriber *at = subscribers; at; at = at->next)
        error |= at->function();
    for (unsigned i = 0; i < formats.count; i++)
        error |= formats.list[i].function();
    return error;
}
