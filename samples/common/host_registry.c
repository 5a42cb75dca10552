// SPDX-License-Identifier: MIT
/* The places in which plug-ins can store something with the host: a table of drivers, a list, a
 * slot for each thread, memory that is not from malloc. */
#include "host.h"
#include "steps.h"

#include <stdlib.h>
#include <sys/mman.h>

#define DRIVERS_MAX 4

static struct driver {
    const char *name;
    host_function *function;
} drivers[DRIVERS_MAX];

/* Nodes of the host's own. */
struct entry {
    struct entry *next;
    const void *data;
};

static struct entry *entries;
static __thread const void *slot;
static const void **page;

static int do_nothing(void)
{
    return 0;
}

host_function *const host_own_functions[HOST_OWN_FUNCTIONS] = {do_nothing, do_nothing};

void host_register(unsigned number, const char *name, host_function *function)
{
    drivers[number] = (struct driver){name, function};
}

static __attribute__((noinline)) struct entry *make_entry(struct entry *next, const void *data)
{
    struct entry *entry = malloc(sizeof *entry);

    if (!entry)
        die("malloc", "no memory");
    entry->next = next;
    entry->data = data;
    return entry;
}

void host_list_add(const void *data)
{
    entries = make_entry(entries, data);
}

void host_list_add_over(const void *data)
{
    const void *volatile *before = malloc(3 * sizeof *before);

    if (!before)
        die("malloc", "no memory");
    before[2] = data;
    free((void *)before);
    host_list_add("what malloc takes for this entry is 24 bytes, too");
}

void host_list_remove(void)
{
    struct entry *first = entries;

    if (first) {
        entries = first->next;
        free(first);
    }
}

void host_circle(void)
{
    if (entries)
        entries->data = entries;
}

host_function *host_driver(unsigned number)
{
    return drivers[number].name ? NULL : drivers[number].function;
}

const void *host_slot(void)
{
    return slot;
}

void host_set_slot(const void *data)
{
    slot = data;
}

void *host_box(unsigned depth, const void *data)
{
    struct entry *box = make_entry(NULL, data);

    while (--depth > 0)
        box = make_entry(box, NULL);
    return box;
}

void host_map(const void *data)
{
    if (!page)
        page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        die("mmap", "no memory");
    page[7] = data;
}

static void use_drivers(void)
{
    for (volatile struct driver *at = drivers; at < drivers + DRIVERS_MAX; at++) {
        if (at->function)
            at->function();
        if (at->name && at->name[0] == '\0')
            die("drivers", "an empty name");
    }
}

void step_drivers(char **arg)
{
    (void)arg;
    use_drivers();
}

void step_drivers_at_exit(char **arg)
{
    (void)arg;
    if (atexit(use_drivers) != 0)
        die("atexit", "failed");
}

void step_forget(char **arg)
{
    (void)arg;
    for (unsigned i = 0; i < DRIVERS_MAX; i++)
        drivers[i] = (struct driver){NULL, NULL};
    while (entries)
        host_list_remove();
    slot = NULL;
}
