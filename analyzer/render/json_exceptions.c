// SPDX-License-Identifier: MIT
#include "render/json_exceptions.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/values.h"

#include <stdlib.h>

static json_t *day_value(int day)
{
    char *text;
    json_t *value;

    if (day == 0)
        return json_null();
    text = memory_format("%04d-%02d-%02d", day / 10000, day / 100 % 100, day % 100);
    value = text_value(text);
    free(text);
    return value;
}

json_t *entry_value(const struct entry *entry)
{
    json_t *value;

    if (entry == NULL)
        return json_null();
    value = json_object();
    set_member(value, "file", text_value(entry->file));
    set_member(value, "line", json_integer((json_int_t)entry->line));
    set_member(value, "text", text_value(entry->text));
    set_member(value, "kind", text_value(entry->kind));
    set_member(value, "module", text_value(entry->module));
    set_member(value, "function", text_value(entry->function));
    set_member(value, "until", day_value(entry->until));
    set_member(value, "reason", text_value(entry->reason));
    set_member(value, "first_part_only", json_boolean(entry->by_first_part));
    return value;
}

static json_t *hidden_value(const struct group *group)
{
    const struct entry *entry = group->suppressed != NULL ? group->suppressed : group->known;
    const char *by = group->suppressed != NULL      ? "suppression"
                     : group->suppressed_by_library ? "library"
                                                    : "baseline";
    json_t *value = json_object();

    set_member(value, "signature", text_value(group->signature.text));
    set_member(value, "kind", text_value(group->shown->data->kind));
    set_member(value, "severity", text_value(severity_name(group->severity)));
    set_member(value, "module", text_value(module_identity(finding_module(group->shown))));
    set_member(value, "function", text_value(group->signature.function));
    set_member(value, "count", json_integer(group->count));
    set_member(value, "by", text_value(by));
    set_member(value, "entry", entry_value(entry));
    return value;
}

static void add_entries(json_t *values, const struct entries *entries, enum entry_state state)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].entry->type != ENTRY_NOTHING &&
            entries->items[i].entry->state == state)
            json_array_append_new(values, entry_value(entries->items[i].entry));
    }
}

void set_exceptions(json_t *document, const struct report *report)
{
    static const struct exceptions none;
    const struct exceptions *exceptions = report->exceptions != NULL ? report->exceptions : &none;
    json_t *hidden = json_array(), *value = json_object();
    json_t *unmatched = json_array(), *fixed = json_array();

    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (group->hidden)
            json_array_append_new(hidden, hidden_value(group));
    }
    for (size_t i = 0; i < exceptions->suppression_count; i++)
        add_entries(unmatched, &exceptions->suppressions[i], ENTRY_UNUSED);
    add_entries(fixed, &exceptions->baseline, ENTRY_FIXED);
    set_member(value, "suppressed", json_integer((json_int_t)exceptions->suppressed));
    set_member(value, "known", json_integer((json_int_t)exceptions->known));
    set_member(value, "added", json_integer((json_int_t)exceptions->added));
    set_member(value, "removed", json_integer((json_int_t)exceptions->removed));
    set_member(value, "unmatched", unmatched);
    set_member(value, "fixed", fixed);
    set_member(document, "hidden", hidden);
    set_member(document, "exceptions", value);
}
