// SPDX-License-Identifier: MIT
#include "rules/registry_rows.h"
#include "base/compiler.h"
#include "base/file.h"

#include <limits.h>

static struct span rows_of_user; /* the file's text, for good */

static struct span take_word(struct span *line)
{
    *line = span_trim(*line);
    struct span word = {line->start, line->start};
    while (word.end < line->end && !is_blank(*word.end))
        word.end++;
    line->start = word.end;
    return word;
}

static bool take_number(struct span *text, unsigned *number)
{
    const char *start = text->start;
    *number = 0;
    for (; text->start < text->end && *text->start >= '0' && *text->start <= '9'; text->start++)
        *number = *number * 10 + (unsigned)(*text->start - '0');
    return text->start > start && text->start - start <= 6;
}

static bool parse_blocks(struct span value, struct known_registry *row)
{
    row->has_blocks = true;
    if (!take_number(&value, &row->fewest))
        return false;
    row->most = row->fewest;
    if (!span_begins(value, "-"))
        return value.start == value.end;
    value.start++;
    row->most = UINT_MAX;
    return value.start == value.end ||
           (take_number(&value, &row->most) && value.start == value.end);
}

static bool parse_target(struct span value, struct known_registry *row)
{
    row->is_code = span_is(value, "code");
    row->is_data = span_is(value, "data");
    return row->is_code || row->is_data;
}

/* The variable itself has the word, if no blocks= comes after this. */
static bool parse_variable(struct span value, struct known_registry *row)
{
    row->variable = value;
    row->fewest = row->most = 0;
    return value.start < value.end;
}

static bool parse_count(struct span value, struct known_registry *row)
{
    unsigned number;
    bool is_negative = span_begins(value, "-");
    value.start += is_negative;
    if (!take_number(&value, &number))
        return false;
    row->has_count = row->has_blocks = true;
    row->fewest = row->most = 1;
    row->count = is_negative ? -(int)number : (int)number;
    return value.start == value.end;
}

static bool parse_size(struct span value, struct known_registry *row)
{
    return take_number(&value, &row->size) && value.start == value.end && row->size > 0;
}

static const struct {
    const char *name;
    bool (*parse)(struct span value, struct known_registry *row);
} attributes[] = {
    {"blocks=", parse_blocks}, {"target=", parse_target}, {"variable=", parse_variable},
    {"count=", parse_count},   {"size=", parse_size},
};

static bool parse_attribute(struct span word, struct known_registry *row)
{
    if (span_is(word, "set-again"))
        return row->is_set_again = true;
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
        if (!span_begins(word, attributes[i].name))
            continue;
        word.start += strlen(attributes[i].name);
        return attributes[i].parse(word, row);
    }
    return false;
}

static bool parse_row(struct span line, struct known_registry *row)
{
    *row = (struct known_registry){.most = UINT_MAX, .size = sizeof(uintptr_t)};
    row->library = take_word(&line);
    row->add = take_word(&line);
    row->remove = take_word(&line);
    if (row->remove.start == row->remove.end)
        return false;
    for (struct span word = take_word(&line); word.start < word.end; word = take_word(&line)) {
        if (span_begins(word, "advice=")) {
            row->advice = span_trim((struct span){word.start + strlen("advice="), line.end});
            return row->advice.start < row->advice.end;
        }
        if (!parse_attribute(word, row))
            return false;
    }
    return true;
}

/* The next line of the table that is a row, right or wrong; false: there is none left. */
static bool take_line(struct span *table, struct span *line, unsigned *number)
{
    while (table->start < table->end) {
        *line = span_trim(span_take(table, '\n'));
        ++*number;
        if (line->start < line->end && *line->start != '#')
            return true;
    }
    return false;
}

bool registry_rows_read(const char *path, struct text *complaints)
{
    size_t size;
    unsigned number = 0;
    struct known_registry row;
    const char *text = file_read(path, &size);
    if (!text)
        return false;
    rows_of_user = (struct span){text, text + size};
    struct span table = rows_of_user, line;
    while (take_line(&table, &line, &number))
        if (!parse_row(line, &row))
            text_printf(complaints,
                        "dlpin: registries=%s:%u: the line is none that describes a "
                        "registry (see libdlpin(7))\n",
                        path, number);
    return true;
}

struct registry_cursor registry_rows(void)
{
    return (struct registry_cursor){{rows_of_user, span_of(registry_rows_built_in)}};
}

bool registry_rows_next(struct registry_cursor *cursor, struct known_registry *row)
{
    struct span line;
    unsigned number = 0;
    for (size_t i = 0; i < ARRAY_SIZE(cursor->tables); i++)
        while (take_line(&cursor->tables[i], &line, &number))
            if (parse_row(line, row))
                return true;
    return false;
}
