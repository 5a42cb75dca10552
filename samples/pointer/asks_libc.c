// SPDX-License-Identifier: MIT
/*
 * Pointers in variables of the C library: to strings and state of this plug-in, each with an entry
 * that removes it; and to blocks that the library made for itself while this plug-in called it.
 * These belong to the library, whoever else has a pointer to them.
 */
#include "host.h"
#include "plugin.h"

#include <errno.h>
#include <grp.h>
#include <locale.h>
#include <mntent.h>
#include <netdb.h>
#include <pwd.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char name[] = "the plug-in's name for the program";
static char state[64];
static char *name_before, *state_before;

ENTRY(use_name)
{
    name_before = program_invocation_name;
    program_invocation_name = name;
    return 0;
}

ENTRY(stop_name)
{
    program_invocation_name = name_before;
    return 0;
}

/* random() writes to it. */
ENTRY(use_state)
{
    state_before = initstate(1, state, sizeof state);
    return state_before ? 0 : -1;
}

ENTRY(stop_state)
{
    return setstate(state_before) ? 0 : -1;
}

static int session(void)
{
    return 0;
}

/* The table is the library's; what is entered is not. */
ENTRY(make_table)
{
    return hcreate(100) ? 0 : -1;
}

ENTRY(use_search)
{
    ENTRY entry = {(char *)"session", (void *)session};

    return hsearch(entry, ENTER) ? 0 : -1;
}

/* The entry is gone with the table. */
ENTRY(stop_search)
{
    hdestroy();
    return 0;
}

/* Pointers in blocks that are freed: the next owners find them there. */
ENTRY(leave_old_words)
{
    enum { BLOCKS = 7, WORDS = 1024 / sizeof(void *) };
    void *volatile *blocks[BLOCKS];

    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(WORDS * sizeof *blocks[i]);
        if (!blocks[i])
            return -1;
        for (unsigned word = 0; word < WORDS; word++)
            blocks[i][word] = (void *)session;
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        free((void *)blocks[i]);
    return 0;
}

static FILE *stream;
static struct mntent *entry;
static const struct passwd *user;
static const struct group *group;
static const struct hostent *host;
static const char *locale;

/* The result stays in variables of this plug-in. */
static void ask(void)
{
    stream = setmntent("/proc/self/mounts", "r");
    entry = stream ? getmntent(stream) : NULL;
    user = getpwnam("root");
    group = getgrgid(0);
    host = gethostbyname("127.0.0.1");
    locale = setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "XXX3", 1);
    tzset();
}

ENTRY(ask_libc)
{
    ask();
    if (stream)
        endmntent(stream);
    endpwent();
    return 0;
}

/* The stream stays open. */
ENTRY(ask_libc_more)
{
    ask();
    return 0;
}

/* The host has pointers to them, too. */
ENTRY(ask_for_host)
{
    ask();
    if (!entry)
        return -1;
    host_list_add(entry->mnt_fsname);
    host_list_add(stream);
    return 0;
}

/* And a string, which is the plug-in's own although the library allocates it. */
static char *lost;

ENTRY(ask_and_lose)
{
    ask();
    lost = strdup("the plug-in's own");
    return lost ? 0 : -1;
}

ENTRY(ask_and_give)
{
    ask();
    host_list_add(strdup("the plug-in's own"));
    return 0;
}
