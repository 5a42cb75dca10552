// SPDX-License-Identifier: MIT
#include "rules/subject_json.h"
#include "base/json.h"

static const char *const place_names[] = {NULL, "image", "block"};

void subject_thread(struct text *text, const struct finding *finding)
{
    json_number(text, "tid", (uint64_t)finding->tid);
    json_string(text, "thread_name", finding->thread_name);
}

void subject_address(struct text *text, const struct finding *finding, const char *name)
{
    json_address(text, name, finding->address);
    if (finding->place != PLACE_NONE)
        json_string(text, "where", place_names[finding->place]);
    if (finding->place == PLACE_BLOCK && finding->bytes)
        json_number(text, "block_bytes", finding->bytes);
}
