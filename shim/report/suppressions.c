// SPDX-License-Identifier: MIT
#include "report/suppressions.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/names.h"
#include "base/span.h"
#include "ownership/common.h"

#include <string.h>

enum { ANY_KIND = KIND_COUNT };

struct suppression {
    struct suppression *next;
    unsigned kind;
    struct span patterns;
};

static struct suppression *suppressions;
static char *file_text; /* what they point into */
static size_t file_size;

/* Where an attribute, or a comment where there may be one, begins after a blank. */
static const char *value_end(struct span text, bool is_reason)
{
    static const char *const others[] = {"kind=", "module=", "function=", "reason=", "#"};
    for (struct span at = text; at.start < text.end; at.start++) {
        if (at.start == text.start || !is_blank(at.start[-1]))
            continue;
        if (span_begins(at, "until="))
            return at.start;
        for (size_t i = 0; !is_reason && i < ARRAY_SIZE(others); i++)
            if (span_begins(at, others[i]))
                return at.start;
    }
    return text.end;
}

/* YYYY-MM-DD; 0: it is no day. The analyzer also names those that no calendar has. */
static unsigned parse_day(struct span text)
{
    static const char form[] = "dddd-dd-dd";
    unsigned day = 0;
    if ((size_t)(text.end - text.start) != strlen(form))
        return 0;
    for (size_t i = 0; i < strlen(form); i++) {
        if (form[i] == '-' ? text.start[i] != '-' : text.start[i] < '0' || text.start[i] > '9')
            return 0;
        if (form[i] == 'd')
            day = day * 10 + (unsigned)(text.start[i] - '0');
    }
    return day;
}

/* Only until= and reason= belong to a pattern. */
static bool holds(struct span attributes, unsigned today)
{
    unsigned until = 0;
    bool has_reason = false;
    while (attributes.start < attributes.end && *attributes.start != '#') {
        bool is_until = span_begins(attributes, "until="),
             is_reason = span_begins(attributes, "reason=");
        const char *end = value_end(attributes, is_reason);
        if ((!is_until && !is_reason) || (is_until && until) || (is_reason && has_reason))
            return false;
        has_reason |= is_reason;
        if (is_until)
            until = parse_day(span_trim((struct span){attributes.start + strlen("until="), end}));
        if (is_until && !until)
            return false;
        attributes.start = end;
    }
    return !until || today <= until;
}

/* KIND_COUNT + 1: there is none of that name. */
static unsigned find_kind(struct span name)
{
    unsigned kind = 0;
    if (name.end - name.start == 1 && *name.start == '*')
        return ANY_KIND;
    while (kind < KIND_COUNT && !span_is(name, kind_names[kind]))
        kind++;
    return kind < KIND_COUNT ? kind : ANY_KIND + 1;
}

static bool is_empty_somewhere(struct span patterns)
{
    bool empty = true;
    for (const char *at = patterns.start; at < patterns.end; at++) {
        if (*at == '|' && empty)
            return true;
        empty = *at == '|';
    }
    return empty;
}

static void take_line(struct span line, unsigned today)
{
    line = span_trim(line);
    const char *colon = span_find(line, ':');
    if (!colon || *line.start == '#')
        return;
    const char *end = value_end(line, false);
    struct suppression found = {
        .kind = find_kind((struct span){line.start, colon}),
        .patterns = span_trim((struct span){colon + 1, end}),
    };
    if (end <= colon || found.kind > ANY_KIND || is_empty_somewhere(found.patterns) ||
        !holds((struct span){end, line.end}, today))
        return;
    struct suppression *kept = arena_alloc(sizeof *kept);
    if (!kept)
        return;
    *kept = found;
    kept->next = suppressions;
    suppressions = kept;
}

static void forget(void)
{
    for (struct suppression *next; suppressions; suppressions = next) {
        next = suppressions->next;
        arena_free(suppressions, sizeof *suppressions);
    }
    if (file_text)
        arena_free(file_text, file_size + 1);
    file_text = NULL;
}

bool suppressions_read(const char *path, unsigned today)
{
    forget();
    file_text = file_read(path, &file_size);
    if (!file_text)
        return false;
    const char *text = file_text;
    for (const char *end = text + file_size; text < end;) {
        const char *newline = span_find((struct span){text, end}, '\n');
        take_line((struct span){text, newline ? newline : end}, today);
        text = newline ? newline + 1 : end;
    }
    return true;
}

static bool matches_module(struct span pattern, const struct module *module)
{
    const char *slash = strrchr(module->path, '/');
    size_t length = (size_t)(pattern.end - pattern.start);
    return common_glob(pattern.start, length, module->identity) ||
           common_glob(pattern.start, length, module->path) ||
           (slash && common_glob(pattern.start, length, slash + 1));
}

static bool matches(const struct suppression *suppression, const struct finding *finding)
{
    struct span rest = suppression->patterns;
    if (suppression->kind != ANY_KIND && suppression->kind != finding->kind)
        return false;
    while (rest.start <= rest.end) {
        const char *bar = span_find(rest, '|');
        if (!matches_module((struct span){rest.start, bar ? bar : rest.end}, finding->module))
            return false;
        rest.start = (bar ? bar : rest.end) + 1;
    }
    return true;
}

bool suppressions_match(const struct finding *finding)
{
    const struct suppression *suppression = finding->module ? suppressions : NULL;
    while (suppression && !matches(suppression, finding))
        suppression = suppression->next;
    return suppression;
}

/* The calendar repeats every 400 years; a year begins in March, so that a leap day is its last. */
unsigned suppressions_day(uint64_t seconds_since_1970)
{
    enum { DAYS_TO_1970 = 719468, DAYS_IN_400_YEARS = 146097 };
    uint64_t days = seconds_since_1970 / 86400 + DAYS_TO_1970;
    uint64_t era = days / DAYS_IN_400_YEARS, day = days % DAYS_IN_400_YEARS;
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
    uint64_t day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    year += 400 * era + (month <= 2);
    return (unsigned)(year * 10000 + month * 100 + day_of_month);
}
