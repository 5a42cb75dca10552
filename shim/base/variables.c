// SPDX-License-Identifier: MIT
#include "base/variables.h"
#include "base/arena.h"
#include "base/sys.h"

#include <linux/prctl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PRELOAD "LD_PRELOAD="
#define OPTIONS "DLPIN_OPTIONS="
#define MARK "DLPIN_PUT_BACK=" /* followed by a digit: the number of variables before it */

enum { MOST_PUT_BACK = 2 };

static const char *library;     /* NULL: nothing is put back */
static char *preload, *options; /* whole variables */

/* The values that were put back when this program was started; until variables_start. */
static const char *taken_preload, *taken_options;

static bool begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

static size_t count(char *const *environment)
{
    size_t n = 0;
    while (environment && environment[n])
        n++;
    return n;
}

/* The array that the kernel made, above the arguments. */
static char **first_environment(void)
{
    uintptr_t *stack = (uintptr_t *)sys_first_stack_end();
    return stack ? (char **)(stack + 1 + stack[0] + 1) : NULL;
}

/* Removes a variable from an array that an earlier constructor may have made. */
static void remove_from(char **array, const char *variable)
{
    char **to = array;
    for (char **from = array; *from; from++)
        if (*from != variable)
            *to++ = *from;
    *to = NULL;
}

/* The numbers of a line of /proc/self/stat, from field `first` on. */
static bool read_numbers(unsigned first, uint64_t *numbers, unsigned n)
{
    char text[1024];
    if (sys_read_file("/proc/self/stat", text, sizeof text) < 0 || !strrchr(text, ')'))
        return false;
    const char *at = strrchr(text, ')') + 1;
    for (unsigned field = 3; field < first + n; field++) {
        uint64_t number = 0;
        at += strspn(at, " ");
        for (const char *digit = at; *digit >= '0' && *digit <= '9'; digit++)
            number = number * 10 + (uint64_t)(*digit - '0');
        at += strcspn(at, " ");
        if (field >= first)
            numbers[field - first] = number;
    }
    return *at != '\0';
}

/* /proc/self/environ ends there. Only kernels with CONFIG_CHECKPOINT_RESTORE can do this; with
 * others the file has NULs behind the last variable. */
static void end_environment(const char *end)
{
    enum { START_CODE, END_CODE, START_STACK };
    enum { START_DATA, END_DATA, START_BRK, ARG_START, ARG_END, ENV_START };
    uint64_t code[3], data[6];
    if (calls_are_filtered() || !read_numbers(26, code, 3) || !read_numbers(45, data, 6))
        return;
    const struct prctl_mm_map map = {
        .start_code = code[START_CODE],
        .end_code = code[END_CODE],
        .start_data = data[START_DATA],
        .end_data = data[END_DATA],
        .start_brk = data[START_BRK],
        .brk = (uint64_t)sys_call(SYS_brk, 0),
        .start_stack = code[START_STACK],
        .arg_start = data[ARG_START],
        .arg_end = data[ARG_END],
        .env_start = data[ENV_START],
        .env_end = (uintptr_t)end,
        .exe_fd = (uint32_t)-1,
    };
    sys_call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map);
}

static void remember_taken(const char *variable)
{
    if (begins(variable, PRELOAD))
        taken_preload = arena_strdup(variable);
    else if (begins(variable, OPTIONS))
        taken_options = arena_strdup(variable);
}

static void take_from(char **array, size_t n, unsigned put_back)
{
    char *mark = array[n - 1], *first = array[n - 1 - put_back];
    for (size_t i = n - 1 - put_back; i < n; i++) {
        if (array[i] != mark)
            remember_taken(array[i]);
        if (environ != array)
            remove_from(environ, array[i]);
    }
    array[n - 1 - put_back] = NULL;
    memset(first, 0, (size_t)(mark + strlen(mark) - first));
    end_environment(first);
}

void variables_take(void)
{
    char **array = first_environment();
    size_t n = count(array);
    if (n < 2 || !begins(array[n - 1], MARK))
        return;
    unsigned put_back = (unsigned)(array[n - 1][strlen(MARK)] - '0');
    if (put_back >= 1 && put_back <= MOST_PUT_BACK && put_back < n)
        take_from(array, n, put_back);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* True if a list as in LD_PRELOAD has a file of the library's name. *start and *end: where. */
static bool find_item(const char *list, const char **start, const char **end)
{
    const char *name = base_name(library);
    size_t length = strlen(name);
    for (const char *at = list; *at; at += strspn(at, ": ")) {
        size_t item = strcspn(at, ": ");
        *start = at;
        *end = at += item;
        if (item < length || memcmp(at - length, name, length) != 0)
            continue;
        if (item == length || at[-(ptrdiff_t)length - 1] == '/')
            return true;
    }
    return false;
}

static bool has_library(const char *list)
{
    const char *start, *end;
    return list && find_item(list, &start, &end);
}

/* Returns the end of the copy. */
static char *copy_text(char *to, const char *text)
{
    while ((*to = *text++))
        to++;
    return to;
}

/* A whole variable; NULL where there is no memory. */
static char *make(const char *name, const char *value)
{
    char *variable = arena_alloc(strlen(name) + strlen(value) + 1);
    if (variable)
        copy_text(copy_text(variable, name), value);
    return variable;
}

void variables_start(const char *path)
{
    const char *list = taken_preload ? taken_preload + strlen(PRELOAD) : getenv("LD_PRELOAD");
    const char *value = variables_options();
    library = path;
    if (path[0] != '/' || !has_library(list))
        library = NULL;
    if (!library)
        return;
    preload = make(PRELOAD, path);
    options = value ? make(OPTIONS, value) : NULL;
    if (!preload || (value && !options))
        library = NULL;
}

bool variables_are_known(void)
{
    return library != NULL;
}

const char *variables_options(void)
{
    return taken_options ? taken_options + strlen(OPTIONS) : getenv("DLPIN_OPTIONS");
}

/* The last variable of this name, which the loader takes, or NULL. */
static char *const *last_of(char *const *environment, const char *name)
{
    char *const *found = NULL;
    for (; environment && *environment; environment++)
        if (begins(*environment, name))
            found = environment;
    return found;
}

static const char *list_in(char *const *environment)
{
    char *const *variable = last_of(environment, PRELOAD);
    return variable ? *variable + strlen(PRELOAD) : NULL;
}

unsigned variables_missing(char *const *environment)
{
    unsigned missing = 0;
    if (!has_library(list_in(environment)))
        missing |= VARIABLE_PRELOAD;
    if (options && !last_of(environment, OPTIONS))
        missing |= VARIABLE_OPTIONS;
    return missing;
}

size_t variables_room(char *const *environment)
{
    const char *list = list_in(environment);
    return (count(environment) + MOST_PUT_BACK + 2) * sizeof(char *) + sizeof MARK "2" +
           (list ? strlen(preload) + 1 + strlen(list) + 1 : 0);
}

/* LD_PRELOAD with the library in front of the list; `text` moves behind it. */
static char *preload_with(const char *list, char **text)
{
    char *variable = *text;
    if (!list || !*list)
        return preload;
    *text = copy_text(copy_text(copy_text(variable, preload), ":"), list) + 1;
    return variable;
}

char **variables_put_back(char *const *environment, unsigned missing, void *room)
{
    size_t n = count(environment);
    char **copy = room, *text = (char *)(copy + n + MOST_PUT_BACK + 2);
    unsigned put_back = 0;
    if (n)
        memcpy(copy, environment, n * sizeof *copy);
    if (missing & VARIABLE_PRELOAD)
        copy[n + put_back++] = preload_with(list_in(environment), &text);
    if (missing & VARIABLE_OPTIONS)
        copy[n + put_back++] = options;
    copy_text(copy_text(text, MARK), (char[]){(char)('0' + put_back), '\0'});
    copy[n + put_back] = text;
    copy[n + put_back + 1] = NULL;
    return copy;
}

/* The variable without the library in it; NULL: nothing else was. */
static char *preload_without(const char *variable, char *text)
{
    const char *start, *end;
    if (!find_item(variable + strlen(PRELOAD), &start, &end))
        return (char *)variable;
    end += *end != '\0';
    memcpy(text, variable, (size_t)(start - variable));
    copy_text(text + (start - variable), end);
    return text[strlen(PRELOAD)] ? text : NULL;
}

char **variables_leave_out(char *const *environment, void *room)
{
    size_t n = count(environment);
    char **copy = room, *text = (char *)(copy + n + 1), **to = copy;
    char *const *last = last_of(environment, PRELOAD);
    for (char *const *from = environment; *from; from++) {
        *to = from == last ? preload_without(*from, text) : *from;
        to += *to != NULL;
    }
    *to = NULL;
    return copy;
}
