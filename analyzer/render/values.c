// SPDX-License-Identifier: MIT
#include "render/values.h"

#include "base/memory.h"
#include "load/frame.h"

#include <stdlib.h>

json_t *text_value(const char *text)
{
    json_t *value = text != NULL ? json_string(text) : json_null();
    char *copy;

    if (value != NULL)
        return value;
    copy = memory_string(text);
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    value = json_string(copy);
    free(copy);
    return value;
}

json_t *known_integer(int64_t number)
{
    return number == RECORD_ABSENT ? json_null() : json_integer(number);
}

void set_member(json_t *object, const char *name, json_t *value)
{
    json_object_set_new_nocheck(object, name, value);
}
