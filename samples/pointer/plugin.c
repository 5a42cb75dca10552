// SPDX-License-Identifier: MIT
/*
 * Defect: the host still has a function or a string of this plug-in: in a table, a list, or a
 * thread-local variable.
 *
 * Consequence: whoever calls the function jumps into unmapped memory; whoever reads the string
 * reads there.
 *
 * Report: pointer, dangling: a warning where it is code (or a C++ object's virtual function table,
 * cxx.cpp; an object or a typeinfo, cxx_types.cpp), a note where it is other data; with the
 * retention path.
 *
 * Fix: tidy.c.
 */
#include "constant.h"
#include "host.h"
#include "plugin.h"

#include <stdlib.h>
#include <string.h>

#ifdef LARGE
char area[1250 << 10]; /* the next mapping takes a hole of this size */
#endif

static char settings[] = "the plug-in's own settings";

static int open_session(void)
{
    return 0;
}

static int close_session(void)
{
    return 1;
}

/* The linker's names for the first byte of the file, and for the first behind the variables. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

ENTRY(use_base)
{
    host_register(1, __ehdr_start, NULL);
    return 0;
}

ENTRY(use_padding)
{
    host_register(1, _end + 16, NULL);
    return 0;
}

ENTRY(use_table)
{
    host_register(1, NULL, open_session);
    return 0;
}

/* A hook in a table of the host that is read-only. */
static host_function *hooked;

ENTRY(use_constant)
{
    hooked = host_own_functions[1];
    return write_constant(mprotect, &host_own_functions[1], open_session);
}

static int protect_without_key(void *page, size_t size, int protection)
{
    return pkey_mprotect(page, size, protection, -1);
}

ENTRY(use_constant_by_key)
{
    return write_constant(protect_without_key, &host_own_functions[1], open_session);
}

ENTRY(restore_constant)
{
    return write_constant(mprotect, &host_own_functions[1], hooked);
}

/* A string of the plug-in. */
ENTRY(use_name)
{
    host_register(2, settings, NULL);
    return 0;
}

/* A function and a block beside it. */
ENTRY(use_function_and_block)
{
    host_register(1, strdup(SECRET), open_session);
    return 0;
}

static __attribute__((noinline)) char *make_name(void)
{
    char *name = strdup(SECRET);

    if (name)
        name[0] = 'N';
    return name;
}

/* Two blocks of one call, of which one is not beside the function. */
ENTRY(use_function_and_blocks)
{
    host_register(1, make_name(), open_session);
    host_list_add(make_name());
    return 0;
}

struct session {
    host_function *open;
    const char *name;
};

static __attribute__((noinline)) struct session *make_session(host_function *open)
{
    struct session *session = malloc(sizeof *session);

    if (session)
        *session = (struct session){open, settings};
    return session;
}

ENTRY(use_function_and_name)
{
    host_list_add(make_session(open_session));
    return 0;
}

ENTRY(use_name_alone)
{
    host_list_add(make_session(NULL));
    return 0;
}

ENTRY(use_list)
{
    host_list_add((const void *)open_session);
    return 0;
}

/* Two of the same kind: one finding, twice. */
ENTRY(use_list_twice)
{
    host_list_add((const void *)open_session);
    host_list_add((const void *)close_session);
    return 0;
}

ENTRY(use_circle)
{
    host_list_add((const void *)open_session);
    host_list_add(settings);
    host_circle();
    return 0;
}

/* Through a hundred thousand blocks. */
ENTRY(use_chain)
{
    host_list_add(host_box(100000, (const void *)open_session));
    return 0;
}

ENTRY(use_thread_local)
{
    host_set_slot((const void *)open_session);
    return 0;
}

static __attribute__((noinline)) void add_own_block(void)
{
    host_function **block = malloc(sizeof *block);

    if (block)
        *block = open_session;
    host_list_add(block);
}

static __attribute__((noinline)) void add_some_block(host_function *function)
{
    host_function **block = malloc(sizeof *block);

    if (block)
        *block = function;
    host_list_add(block);
}

/* From one of two blocks that one call made. */
ENTRY(use_one_of_two)
{
    add_some_block(open_session);
    add_some_block(NULL);
    return 0;
}

/* From two blocks of the plug-in's own, in the host's list. */
ENTRY(use_own_blocks)
{
    add_own_block();
    add_own_block();
    return 0;
}

ENTRY(drop_first)
{
    host_list_remove();
    return 0;
}

/* No finding: it lies behind what the node was allocated for. */
ENTRY(use_last_word)
{
    host_list_add_over((const void *)open_session);
    return 0;
}

/* No finding: the node was freed. */
ENTRY(use_freed)
{
    host_list_add((const void *)open_session);
    host_list_remove();
    return 0;
}

/* No finding: on the stack, in a frame that has ended. */
ENTRY(use_dead_stack)
{
    host_function *volatile functions[64];

    for (unsigned i = 0; i < 64; i++)
        functions[i] = open_session;
    return functions[63] == open_session ? 0 : -1;
}
