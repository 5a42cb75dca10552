// SPDX-License-Identifier: MIT
#include "base/options.h"
#include "base/arena.h"

#include <stddef.h>
#include <string.h>

enum option_type { BOOL, NUMBER, CHOICE, STRING };

struct option_row {
    enum option_type type;
    const char *name;
    size_t offset;
    unsigned initial, lowest, highest;
    const char *help;
};

#define DLPIN_OPTION_ROW(type, name, initial, lowest, highest, help) \
    {type, #name, offsetof(struct options, name), initial, lowest, highest, help},

static const struct option_row rows[] = {DLPIN_OPTIONS_TABLE(DLPIN_OPTION_ROW)};

/*
 * For dlpin run, which checks options against the library's file before it starts a program:
 * "name=1-32", "name=off values full: help", and "name=" for a string.
 */
#define DLPIN_OPTION_FORM_BOOL(lowest, highest, help) #lowest "-" #highest
#define DLPIN_OPTION_FORM_NUMBER(lowest, highest, help) #lowest "-" #highest
#define DLPIN_OPTION_FORM_CHOICE(lowest, highest, help) help
#define DLPIN_OPTION_FORM_STRING(lowest, highest, help) ""
#define DLPIN_OPTION_FORM(type, name, initial, lowest, highest, help) \
#name "=" DLPIN_OPTION_FORM_##type(lowest, highest, help) "\0"

__attribute__((used, section(".dlpin_options"))) static const char option_forms[] =
    DLPIN_OPTIONS_TABLE(DLPIN_OPTION_FORM);

struct options options;

/* A piece of the option string. */
struct span {
    const char *start;
    size_t length;
};

static void *field(const struct option_row *row)
{
    return (char *)&options + row->offset;
}

static void set_number(const struct option_row *row, unsigned value)
{
    memcpy(field(row), &value, sizeof value);
}

static const struct option_row *find_row(struct span name)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strlen(rows[i].name) == name.length && !memcmp(rows[i].name, name.start, name.length))
            return &rows[i];
    return NULL;
}

static bool parse_number(struct span value, unsigned *number)
{
    uint64_t n = 0;
    if (value.length == 0 || value.length > 9)
        return false;
    for (size_t i = 0; i < value.length; i++) {
        if (value.start[i] < '0' || value.start[i] > '9')
            return false;
        n = n * 10 + (unsigned)(value.start[i] - '0');
    }
    *number = (unsigned)n;
    return true;
}

/* The word after *at in a choice's help; length 0: there is none left. */
static struct span next_choice(const char **at)
{
    struct span word = {*at, strcspn(*at, " :")};
    *at += word.length;
    *at += **at == ' ';
    return word;
}

/* Its number among the words of the row; false: it is none of them. */
static bool parse_choice(const struct option_row *row, struct span value, unsigned *number)
{
    const char *at = row->help;
    *number = 0;
    for (struct span word; (word = next_choice(&at)).length > 0; ++*number)
        if (word.length == value.length && !memcmp(word.start, value.start, word.length))
            return true;
    return false;
}

static bool parse(const struct option_row *row, struct span value, unsigned *number)
{
    if (row->type == CHOICE)
        return parse_choice(row, value, number);
    return parse_number(value, number) && *number >= row->lowest && *number <= row->highest;
}

static void complain(struct text *complaints, const char *what, struct span span)
{
    text_printf(complaints, "dlpin: DLPIN_OPTIONS: %s '", what);
    text_add_n(complaints, span.start, span.length);
    text_add(complaints, "'");
}

static void set_string(const struct option_row *row, struct span value)
{
    char *copy = arena_alloc(value.length + 1);
    if (copy)
        memcpy(copy, value.start, value.length);
    memcpy(field(row), &copy, sizeof copy);
}

static const struct option_row *find_glob_row(const struct option_row *row)
{
    size_t length = strlen(row->name);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (!strncmp(rows[i].name, row->name, length) && !strcmp(rows[i].name + length, "_glob"))
            return &rows[i];
    return NULL;
}

/* "keep=GLOB": sets the glob, and leaves the word. */
static void take_glob(const struct option_row *row, struct span *value)
{
    const struct option_row *glob = row->type == CHOICE ? find_glob_row(row) : NULL;
    struct span word = {value->start, 0};
    unsigned number;
    while (word.length < value->length && word.start[word.length] != '=')
        word.length++;
    if (!glob || word.length == value->length || !parse_choice(row, word, &number) ||
        number != row->highest)
        return;
    set_string(glob, (struct span){word.start + word.length + 1, value->length - word.length - 1});
    *value = word;
}

static void set_option(struct span name, struct span value, struct text *complaints)
{
    const struct option_row *row = find_row(name);
    if (!row) {
        complain(complaints, "unknown option", name);
        text_add(complaints, " (help=1 lists them)\n");
        return;
    }
    if (row->type == STRING) {
        set_string(row, value);
        return;
    }
    unsigned number;
    take_glob(row, &value);
    if (!parse(row, value, &number)) {
        complain(complaints, "bad value", value);
        if (row->type == CHOICE)
            text_printf(complaints, " for '%s': %s\n", row->name, row->help);
        else
            text_printf(complaints, " for '%s': a number from %u to %u is needed\n", row->name,
                        row->lowest, row->highest);
        return;
    }
    set_number(row, number);
}

/* The piece up to one of `ends`, in quotes or not; *at moves after it. */
static struct span take_piece(const char **at, const char *ends)
{
    const char *start = *at;
    if (*start == '\'' || *start == '"') {
        const char *close = strchr(start + 1, *start);
        if (close) {
            *at = close + 1;
            return (struct span){start + 1, (size_t)(close - start - 1)};
        }
    }
    size_t length = strcspn(start, ends);
    *at = start + length;
    return (struct span){start, length};
}

void options_parse(const char *text, struct text *complaints)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].type != STRING)
            set_number(&rows[i], rows[i].initial);
    for (const char *at = text ? text : ""; *at;) {
        if (*at == ':') {
            at++;
            continue;
        }
        struct span name = take_piece(&at, "=:");
        if (*at != '=') {
            complain(complaints, "no value for", name);
            text_add(complaints, "\n");
            continue;
        }
        at++;
        struct span value = take_piece(&at, ":");
        set_option(name, value, complaints);
    }
}

static void describe_choice(struct text *text, const struct option_row *row)
{
    const char *at = row->help;
    struct span word = {0};
    for (unsigned i = 0; i <= row->initial; i++)
        word = next_choice(&at);
    text_add(text, " (default ");
    text_add_n(text, word.start, word.length);
    text_add(text, ")");
}

void options_describe(struct text *text)
{
    text_add(text, "dlpin: options in DLPIN_OPTIONS=\"name=value:name=value\"\n");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        text_printf(text, "dlpin:   %s", rows[i].name);
        if (rows[i].type == CHOICE)
            describe_choice(text, &rows[i]);
        else if (rows[i].type != STRING)
            text_printf(text, " (default %u)", rows[i].initial);
        text_printf(text, ": %s\n", rows[i].help);
    }
}
