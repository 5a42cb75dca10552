// SPDX-License-Identifier: MIT
#include "base/variables.h"
#include "base/arena.h"
#include "base/span.h"
#include "base/sys.h"

#include <elf.h>
#include <linux/prctl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PRELOAD "LD_PRELOAD="
#define OPTIONS "DLPIN_OPTIONS="
#define TRACE "LD_TRACE_LOADED_OBJECTS="
#define MARK "DLPIN_PUT_BACK=" /* then a digit: so many entries are ours, this one too */

/* Of an environment: an even number (take_from). */
enum { MOST_PUT_BACK = 4 };

static const char *library;     /* NULL: nothing is put back */
static char *preload, *options; /* whole variables */
static struct span log_path;    /* in the latter; empty where it has none */

/* The values that were put back when this program was started; until variables_start. */
static const char *taken_preload, *taken_options;

static bool begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
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
 * others the file has NULs after the last variable. */
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

/* Programs that look for the auxiliary vector after the environment find it: the entries between
 * are pairs that the vector has for no purpose. */
static void fill_with_ignored(char **entries, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        entries[i] = (char *)AT_IGNORE;
        entries[i + 1] = NULL;
    }
}

static void take_from(char **array, size_t n, unsigned put_back)
{
    char *mark = array[n - 1], *first = array[n - put_back];
    for (size_t i = n - put_back; i < n; i++) {
        remember_taken(array[i]);
        if (environ != array)
            remove_from(environ, array[i]);
    }
    array[n - put_back] = NULL;
    fill_with_ignored(array + n - put_back + 1, put_back);
    memset(first, 0, (size_t)(mark + strlen(mark) - first));
    end_environment(first);
}

void variables_take(void)
{
    char **array = first_environment();
    size_t n = 0;
    while (array && array[n])
        n++;
    if (n < 2 || !begins(array[n - 1], MARK))
        return;
    unsigned put_back = (unsigned)(array[n - 1][strlen(MARK)] - '0');
    if (put_back >= 2 && put_back <= MOST_PUT_BACK && put_back % 2 == 0 && put_back <= n)
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

/* The last one holds. */
static struct span find_log_path(const char *text)
{
    static const char name[] = "log_path=";
    struct span found = {0};
    for (; *text; text++) {
        if (strncmp(text, name, sizeof name - 1) != 0)
            continue;
        const char *value = text + sizeof name - 1;
        const char *quote = *value == '"' ? strchr(value + 1, '"') : NULL;
        found = (struct span){text, quote ? quote : value + strcspn(value, ":")};
    }
    return found;
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
    if (options)
        log_path = find_log_path(options);
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

enum { PAGE = 4096, AT_ONCE = 16, NAME_LENGTH = sizeof TRACE - 1 };

static size_t in_page(const char *at, size_t size)
{
    size_t rest = PAGE - (uintptr_t)at % PAGE;
    return size < rest ? size : rest;
}

/* strnlen(3) is not among what the library may call. */
static size_t length_within(const char *text, size_t size)
{
    size_t length = 0;
    while (length < size && text[length])
        length++;
    return length;
}

ssize_t variables_copy_text(const char *from, char *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t n = in_page(from + done, size - done);
        if (sys_copy_memory(from + done, to + done, n) != (ssize_t)n)
            return -1;
        size_t length = length_within(to + done, n);
        done += length;
        if (length < n)
            return (ssize_t)done;
    }
    return -1;
}

/* `text`: as much of the variable as lies in its first page. */
static bool is_named(const char *variable, const char *text, size_t size, const char *name)
{
    char whole[NAME_LENGTH];
    size_t length = strlen(name);
    if (size >= length || memcmp(text, name, size) != 0)
        return size >= length && !memcmp(text, name, length);
    return sys_copy_memory(variable, whole, length) == (ssize_t)length &&
           !memcmp(whole, name, length);
}

/* Texts that the kernel copies at once. */
struct pieces {
    struct sys_span spans[AT_ONCE];
    unsigned count;
    size_t size;
    char bytes[640];
};

/* Returns where the text will be. Each piece costs the kernel time: a text that lies close after
 * the one before is in the same. `spare`: what the other texts need at most. */
static const char *add_piece(struct pieces *pieces, const char *text, size_t spare)
{
    uintptr_t start = (uintptr_t)text, end = start + in_page(text, NAME_LENGTH);
    struct sys_span *last = pieces->count ? pieces->spans + pieces->count - 1 : NULL;
    if (last && start >= last->start && start / PAGE == last->start / PAGE) {
        size_t offset = pieces->size - last->size + (start - last->start);
        size_t size = end - last->start > last->size ? end - last->start : last->size;
        if (pieces->size - last->size + size + spare <= sizeof pieces->bytes) {
            pieces->size += size - last->size;
            last->size = size;
            return pieces->bytes + offset;
        }
    }
    pieces->spans[pieces->count++] = (struct sys_span){start, end - start};
    pieces->size += end - start;
    return pieces->bytes + pieces->size - (end - start);
}

struct names {
    const char *preload; /* the last variable of this name, which the loader takes */
    const char *options;
    bool has_trace;
};

static bool read_names(char *const *entries, size_t n, struct names *names)
{
    struct pieces pieces;
    const char *texts[AT_ONCE];
    pieces.count = 0;
    pieces.size = 0;
    for (size_t i = 0; i < n; i++)
        texts[i] = add_piece(&pieces, entries[i], (n - i - 1) * NAME_LENGTH);
    if (n && sys_copy_spans(pieces.spans, pieces.count, pieces.bytes) != pieces.size)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t size = in_page(entries[i], NAME_LENGTH);
        if (is_named(entries[i], texts[i], size, PRELOAD))
            names->preload = entries[i];
        if (!names->options && is_named(entries[i], texts[i], size, OPTIONS))
            names->options = entries[i];
        names->has_trace |= is_named(entries[i], texts[i], size, TRACE);
    }
    return true;
}

/* The number of entries; -1 where one of them cannot be read. */
static ssize_t read_all_names(char *const *environment, struct names *names)
{
    char *entries[AT_ONCE];
    for (size_t n = 0; environment;) {
        ssize_t size = sys_copy_memory(environment + n, entries, sizeof entries);
        size_t came = size > 0 ? (size_t)size / sizeof *entries : 0, i = 0;
        while (i < came && entries[i])
            i++;
        if (!came || !read_names(entries, i, names))
            return -1;
        n += i;
        if (i < came)
            return (ssize_t)n;
    }
    return 0;
}

/* A variable that cannot be read, or is too long for `room`, is taken to be ours. */
static bool leads_elsewhere(const char *variable, char *room, size_t size)
{
    size_t length = span_length(log_path);
    if (!length || !variable || variables_copy_text(variable, room, size) < 0)
        return false;
    struct span other = find_log_path(room);
    return span_length(other) != length || memcmp(other.start, log_path.start, length) != 0;
}

bool variables_read(struct variables *variables, char *const *environment, char *list, size_t size)
{
    struct names names = {0};
    ssize_t count = read_all_names(environment, &names);
    *variables = (struct variables){.environment = environment, .count = (size_t)count};
    if (count < 0 ||
        (names.preload && variables_copy_text(names.preload + strlen(PRELOAD), list, size) < 0))
        return false;
    variables->preload = names.preload;
    variables->list = names.preload ? list : NULL;
    variables->lists_libraries = names.has_trace;
    if (!has_library(variables->list))
        variables->missing |= VARIABLE_PRELOAD;
    if (options && !names.options)
        variables->missing |= VARIABLE_OPTIONS;
    size_t used = names.preload ? strlen(list) + 1 : 0;
    variables->reports_elsewhere = leads_elsewhere(names.options, list + used, size - used);
    return true;
}

size_t variables_room(const struct variables *variables)
{
    const char *list = variables->list;
    return (variables->count + MOST_PUT_BACK + 1) * sizeof(char *) +
           (list ? strlen(preload) + 1 + strlen(list) + 1 : 0);
}

/* The entries of the program, again; others may have changed them meanwhile. */
static bool copy_entries(const struct variables *variables, char **copy)
{
    size_t size = variables->count * sizeof *copy;
    return !size || sys_copy_memory(variables->environment, copy, size) == (ssize_t)size;
}

/* LD_PRELOAD with the library in front of the list. */
static char *preload_with(const char *list, char *text)
{
    if (!list || !*list)
        return preload;
    copy_text(copy_text(copy_text(text, preload), ":"), list);
    return text;
}

char **variables_put_back(const struct variables *variables, void *room)
{
    static char marks[][sizeof MARK "2"] = {MARK "2", MARK "4"};
    size_t n = variables->count;
    char **copy = room, **to = copy + n;
    if (!copy_entries(variables, copy))
        return NULL;
    if (variables->missing & VARIABLE_PRELOAD)
        *to++ = preload_with(variables->list, (char *)(copy + n + MOST_PUT_BACK + 1));
    if (variables->missing & VARIABLE_OPTIONS)
        *to++ = options;
    char *mark = marks[to - (copy + n) > 1];
    *to++ = mark;
    if ((to - (copy + n)) % 2)
        *to++ = mark;
    *to = NULL;
    return copy;
}

/* The variable without the library in it; NULL: nothing else was. */
static char *preload_without(const char *list, char *text)
{
    const char *start, *end;
    if (!find_item(list, &start, &end))
        return NULL;
    char *rest = copy_text(text, PRELOAD);
    memcpy(rest, list, (size_t)(start - list));
    copy_text(rest + (start - list), end + (*end != '\0'));
    return *rest ? text : NULL;
}

char **variables_leave_out(const struct variables *variables, void *room)
{
    size_t n = variables->count;
    char **copy = room, **to = copy;
    if (!copy_entries(variables, copy))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        *to = copy[i] == variables->preload
                  ? preload_without(variables->list, (char *)(copy + n + 1))
                  : copy[i];
        to += *to != NULL;
    }
    *to = NULL;
    return copy;
}

/* Of a text of the program, but not much more than `most`; beyond it where it cannot be read. */
static size_t text_bytes(const char *text, size_t most)
{
    char piece[256];
    for (size_t done = 0; done <= most;) {
        size_t n = in_page(text + done, sizeof piece);
        if (sys_copy_memory(text + done, piece, n) != (ssize_t)n)
            break;
        size_t length = length_within(piece, n);
        done += length;
        if (length < n)
            return done + 1;
    }
    return most + 1;
}

size_t variables_bytes(char *const *array, size_t most)
{
    const char *entry;
    size_t bytes = 0;
    for (; array && bytes <= most; array++) {
        if (sys_copy_memory(array, &entry, sizeof entry) != sizeof entry)
            return most + 1;
        bytes += sizeof entry;
        if (!entry)
            break;
        bytes += text_bytes(entry, most);
    }
    return bytes;
}
