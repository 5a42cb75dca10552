// SPDX-License-Identifier: MIT
#include "load/fields.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool fields_failed(const struct fields *fields)
{
    return fields->problem[0] != '\0';
}

void fields_fail(const struct fields *fields, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (!fields_failed(fields))
        vsnprintf(fields->problem, fields->problem_size, format, args);
    va_end(args);
}

static const json_t *field(const struct fields *fields, const char *name, enum field_need need)
{
    const json_t *value = json_object_get(fields->object, name);

    if (value != NULL && !json_is_null(value))
        return value;
    if (need == FIELD_REQUIRED)
        fields_fail(fields, "\"%s\" is missing", name);
    return NULL;
}

const char *field_text(const struct fields *fields, const char *name, enum field_need need)
{
    const json_t *value = field(fields, name, need);

    if (value != NULL && !json_is_string(value))
        fields_fail(fields, "\"%s\" is not a string", name);
    return json_string_value(value);
}

int64_t field_integer(const struct fields *fields, const char *name, enum field_need need,
                      int64_t fallback)
{
    const json_t *value = field(fields, name, need);

    if (value == NULL)
        return fallback;
    if (!json_is_integer(value)) {
        fields_fail(fields, "\"%s\" is not an integer", name);
        return fallback;
    }
    return json_integer_value(value);
}

int64_t field_natural(const struct fields *fields, const char *name, enum field_need need,
                      int64_t fallback)
{
    const json_t *value = field(fields, name, FIELD_OPTIONAL);
    int64_t number = field_integer(fields, name, need, fallback);

    if (value == NULL || number >= 0)
        return number;
    fields_fail(fields, "\"%s\" is negative", name);
    return fallback;
}

bool field_flag(const struct fields *fields, const char *name)
{
    const json_t *value = field(fields, name, FIELD_OPTIONAL);

    if (value != NULL && !json_is_boolean(value))
        fields_fail(fields, "\"%s\" is not true or false", name);
    return json_is_true(value);
}

uint64_t field_address(const struct fields *fields, const char *name)
{
    const char *text = field_text(fields, name, FIELD_OPTIONAL);
    unsigned long long address;
    char *end;

    if (text == NULL)
        return 0;
    errno = 0;
    /* strtoull alone would also take blanks, signs and nothing at all. */
    if (text[0] == '0' && text[1] == 'x' && isxdigit((unsigned char)text[2])) {
        address = strtoull(text + 2, &end, 16);
        if (*end == '\0' && errno == 0)
            return address;
    }
    fields_fail(fields, "\"%s\" is not an address (0x…)", name);
    return 0;
}

const json_t *field_object(const struct fields *fields, const char *name)
{
    const json_t *value = field(fields, name, FIELD_OPTIONAL);

    if (value != NULL && !json_is_object(value))
        fields_fail(fields, "\"%s\" is not an object", name);
    return value;
}

const json_t *field_array(const struct fields *fields, const char *name)
{
    const json_t *value = field(fields, name, FIELD_OPTIONAL);

    if (value != NULL && !json_is_array(value))
        fields_fail(fields, "\"%s\" is not an array", name);
    return value;
}
