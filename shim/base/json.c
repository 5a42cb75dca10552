// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "base/sys.h"

void json_member(struct text *text, const char *name)
{
    text_add(text, ",\"");
    text_add(text, name);
    text_add(text, "\":");
}

void json_begin(struct text *text, const char *type)
{
    text_add(text, "{\"type\":\"");
    text_add(text, type);
    text_add(text, "\"");
    json_number(text, "pid", (uint64_t)sys_getpid());
}

void json_end(struct text *text)
{
    text_add(text, "}\n");
}

void json_string(struct text *text, const char *name, const char *value)
{
    json_member(text, name);
    text_add_json(text, value);
}

void json_number(struct text *text, const char *name, uint64_t value)
{
    json_member(text, name);
    text_add_uint(text, value);
}

void json_address(struct text *text, const char *name, uintptr_t value)
{
    json_member(text, name);
    text_add(text, "\"");
    text_add_hex(text, value);
    text_add(text, "\"");
}
