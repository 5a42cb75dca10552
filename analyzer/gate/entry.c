// SPDX-License-Identifier: MIT
#include "gate/entry.h"

#include "base/glob.h"
#include "base/memory.h"
#include "base/message.h"
#include "gate/day.h"
#include "load/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const attributes[] = {"kind=", "module=", "function=", "until=", "reason="};

enum { KIND_VALUE, MODULE_VALUE, FUNCTION_VALUE, UNTIL_VALUE, REASON_VALUE, ATTRIBUTE_COUNT };

#define ANY_KIND "*"
#define SIGNATURE_WORD "sig"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The attribute that begins here, or ATTRIBUTE_COUNT. */
static unsigned attribute_at(const char *line, const char *at)
{
    unsigned number = 0;

    if (at > line && !is_blank(at[-1]))
        return ATTRIBUTE_COUNT;
    while (number < ATTRIBUTE_COUNT &&
           strncmp(at, attributes[number], strlen(attributes[number])) != 0)
        number++;
    return number;
}

/* A comment may follow what is not free text. */
static bool comment_begins(const char *line, const char *at)
{
    return *at == '#' && at > line && is_blank(at[-1]);
}

/* Where what begins at `at` ends: before the next attribute. */
static const char *value_end(const char *line, const char *at, bool is_reason)
{
    for (; *at != '\0'; at++) {
        unsigned next = attribute_at(line, at);

        if (next == UNTIL_VALUE || (!is_reason && next != ATTRIBUTE_COUNT))
            break;
        if (!is_reason && comment_begins(line, at))
            break;
    }
    return at;
}

static char *trimmed(const char *begin, const char *end)
{
    while (end > begin && is_blank(end[-1]))
        end--;
    return memory_format("%.*s", (int)(end - begin), begin);
}

static char *take_until(struct entry *entry, const char *value)
{
    entry->until = day_parse(value, strlen(value));
    return entry->until != 0 ? NULL : memory_format("until=%s is no day: YYYY-MM-DD", value);
}

/* NULL, or what is wrong. Takes the value over. */
static char *take_attribute(struct entry *entry, unsigned number, char *value)
{
    char **const places[] = {
        [KIND_VALUE] = &entry->kind,         [MODULE_VALUE] = &entry->module,
        [FUNCTION_VALUE] = &entry->function, [UNTIL_VALUE] = NULL,
        [REASON_VALUE] = &entry->reason,
    };
    char *problem = NULL;

    if (number == UNTIL_VALUE && entry->until == 0) {
        problem = take_until(entry, value);
        free(value);
    } else if (number != UNTIL_VALUE && *places[number] == NULL) {
        *places[number] = value;
    } else {
        problem = memory_format("a second %s", attributes[number]);
        free(value);
    }
    return problem;
}

static char *take_attributes(struct entry *entry, const char *line, const char *at)
{
    char *problem = NULL;

    while (problem == NULL && *at != '\0' && *at != '#') {
        unsigned number = attribute_at(line, at);
        const char *begin = at + strlen(attributes[number]);
        const char *end = value_end(line, begin, number == REASON_VALUE);

        problem = take_attribute(entry, number, trimmed(begin, end));
        at = end;
    }
    return problem;
}

static char *take_signature(struct entry *entry, const char *digits)
{
    entry->type = ENTRY_SIGNATURE;
    if (strlen(digits) != SIGNATURE_LENGTH ||
        strspn(digits, "0123456789abcdefABCDEF") != SIGNATURE_LENGTH)
        return memory_format("\"%s\" is no signature: %d hexadecimal digits", digits,
                             SIGNATURE_LENGTH);
    for (size_t i = 0; i < SIGNATURE_LENGTH; i++)
        entry->signature[i] = (char)tolower((unsigned char)digits[i]);
    return NULL;
}

static char *take_pattern(struct entry *entry, const char *kind, const char *pattern)
{
    entry->type = ENTRY_PATTERN;
    if (entry->kind != NULL || entry->module != NULL || entry->function != NULL)
        return memory_string("kind=, module= and function= belong to sig: only");
    if (strcmp(kind, ANY_KIND) != 0 && name_to_kind(kind) < 0)
        return memory_format("unknown kind \"%s\"", kind);
    for (const char *at = pattern;; at = strchr(at, '|') + 1) {
        if (strcspn(at, "|") == 0)
            return memory_string("an empty pattern");
        if (strchr(at, '|') == NULL)
            break;
    }
    entry->kind = memory_string(kind);
    entry->pattern = memory_string(pattern);
    return NULL;
}

/* The part before the attributes: a word, ':' and the rest. */
static char *take_subject(struct entry *entry, char *subject)
{
    char *colon = strchr(subject, ':');

    if (colon == NULL)
        return memory_string("neither KIND:PATTERN nor sig:HEX");
    *colon = '\0';
    return strcmp(subject, SIGNATURE_WORD) == 0 ? take_signature(entry, colon + 1)
                                                : take_pattern(entry, subject, colon + 1);
}

char *entry_parse(struct entry *entry, char *text)
{
    const char *line = text, *end;
    char *subject, *problem;

    entry->text = text;
    while (is_blank(*line))
        line++;
    if (*line == '\0' || *line == '#')
        return NULL;
    end = value_end(line, line, false);
    subject = trimmed(line, end);
    problem = take_attributes(entry, line, end);
    if (problem == NULL)
        problem = take_subject(entry, subject);
    free(subject);
    if (problem != NULL)
        entry->type = ENTRY_NOTHING;
    return problem;
}

void entry_free(struct entry *entry)
{
    free(entry->text);
    free(entry->kind);
    free(entry->pattern);
    free(entry->module);
    free(entry->function);
    free(entry->reason);
    free(entry);
}

static bool matches_name(const char *pattern, size_t length, const char *name)
{
    return name != NULL && glob_matches(pattern, length, name);
}

/* A path, or the name at its end. */
static bool matches_path(const char *pattern, size_t length, const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;

    return matches_name(pattern, length, path) ||
           (slash != NULL && matches_name(pattern, length, slash + 1));
}

static bool matches_frames(const char *pattern, size_t length, const struct frame *frames,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t number = 0; number < frame_place_count(&frames[i]); number++) {
            const struct frame_place place = frame_place(&frames[i], number);

            if (matches_name(pattern, length, place.function) ||
                matches_path(pattern, length, place.source) ||
                matches_name(pattern, length, place.path))
                return true;
        }
    }
    return false;
}

static bool matches_module(const char *pattern, size_t length, const struct module *module)
{
    return matches_name(pattern, length, module_identity(module)) ||
           matches_path(pattern, length, module != NULL ? module->data->path : NULL);
}

static bool matches_modules_of(const char *pattern, size_t length, const struct finding *finding)
{
    const json_t *members = finding->data->members, *member;
    size_t index;

    json_array_foreach(members, index, member)
    {
        const json_t *id = json_object_get(member, "module");

        if (!matches_module(pattern, length,
                            process_module(finding->process, json_integer_value(id))))
            return false;
    }
    return matches_name(pattern, length, module_identity(finding_module(finding))) ||
           matches_path(pattern, length, finding_module_path(finding));
}

/* A finding about several modules is hidden only by a pattern that matches all of them: no other is
 * lost by that. */
static bool matches_modules(const char *pattern, size_t length, const struct group *group)
{
    for (size_t i = 0; i < group->variant_count; i++) {
        if (!matches_modules_of(pattern, length, group->variants[i].finding))
            return false;
    }
    return group->variant_count > 0 || matches_modules_of(pattern, length, group->shown);
}

static bool matches_something(const char *pattern, size_t length, const struct group *group)
{
    const struct finding_record *data = group->shown->data;

    return matches_modules(pattern, length, group) ||
           matches_name(pattern, length, group->signature.function) ||
           matches_frames(pattern, length, data->points, data->point_count) ||
           matches_frames(pattern, length, data->stack, data->stack_count);
}

bool entry_matches(const struct entry *entry, const struct group *group)
{
    const char *pattern = entry->pattern;

    if (entry->type != ENTRY_PATTERN ||
        (strcmp(entry->kind, ANY_KIND) != 0 && strcmp(entry->kind, group->shown->data->kind) != 0))
        return false;
    for (;;) {
        size_t length = strcspn(pattern, "|");

        if (!matches_something(pattern, length, group))
            return false;
        if (pattern[length] == '\0')
            return true;
        pattern += length + 1;
    }
}

/* Would the entry be read back as it is? A name from a hostile file may look like an attribute. */
static bool is_plain(const char *value)
{
    return *value != '\0' && value[strlen(value) - 1] != ' ' &&
           *value_end(value, value, false) == '\0';
}

static char *with_attribute(char *line, unsigned number, const char *value)
{
    char *copy = message_printable(memory_string(value != NULL ? value : ""));
    char *longer = is_plain(copy) ? memory_format("%s %s%s", line, attributes[number], copy)
                                  : memory_string(line);

    free(copy);
    free(line);
    return longer;
}

char *entry_line(const struct group *group)
{
    char *line = memory_format("%s:%s", SIGNATURE_WORD, group->signature.text);

    line = with_attribute(line, KIND_VALUE, group->shown->data->kind);
    line = with_attribute(line, MODULE_VALUE, module_identity(finding_module(group->shown)));
    return with_attribute(line, FUNCTION_VALUE, group->signature.function);
}
