// SPDX-License-Identifier: MIT
#include "render/json_verdicts.h"

#include "render/values.h"
#include "try/verdict.h"

static json_t *row_value(const struct verdict_row *row, bool library)
{
    json_t *value = json_object(), *signatures = json_array();

    for (size_t i = 0; i < row->group_count; i++) {
        if (row->groups[i].group->signature.text[0] != '\0')
            json_array_append_new(signatures, text_value(row->groups[i].group->signature.text));
    }
    set_member(value, "name", text_value(row->name));
    set_member(value, "verdict", text_value(outcome_name(row->outcome)));
    set_member(value, "what", text_value(row->what));
    set_member(value, "fails", json_boolean(row->fails));
    set_member(value, "crashed", json_boolean(row->crashed));
    set_member(value, "came_with", library ? json_null() : json_integer((json_int_t)row->users));
    set_member(value, "signatures", signatures);
    return value;
}

void set_verdicts(json_t *document, const struct report *report)
{
    const struct verdicts *verdicts = report->verdicts;
    json_t *libraries;

    if (verdicts == NULL)
        return;
    libraries = json_array();
    for (size_t i = 0; i < verdicts->count; i++)
        json_array_append_new(libraries,
                              row_value(&verdicts->rows[i], i < verdicts->library_count));
    set_member(document, "libraries", libraries);
}
