// SPDX-License-Identifier: MIT
#include "run/environment.h"

#include "base/memory.h"

#include <stdlib.h>

static bool is_set(const char *value)
{
    return value != NULL && value[0] != '\0';
}

char *environment_preload(const char *library, const char *sanitizer)
{
    const char *before = getenv("LD_PRELOAD");

    return memory_format("%s%s%s%s%s", sanitizer != NULL ? sanitizer : "",
                         sanitizer != NULL ? ":" : "", library, is_set(before) ? ":" : "",
                         is_set(before) ? before : "");
}

/* :name="value", a new string; "" without a value. */
static char *quoted(const char *name, const char *value)
{
    return value != NULL ? memory_format(":%s=\"%s\"", name, value) : memory_string("");
}

char *environment_options(const struct environment_choices *choices, const char *directory)
{
    const char *before = getenv("DLPIN_OPTIONS"), *extra = choices->extra;
    char *skip = quoted("trace_children_skip", choices->skip);
    char *alias = quoted("alias", choices->alias), *options;

    /* --options= may speak up again (quiet=0); where the files go is not for it to say. */
    options = memory_format(
        "%s%squiet=1:log_empty=0:check_signal=32%s%s%s%s%s:log_path=\"%s/dlpin.%%p.%%e\"",
        is_set(before) ? before : "", is_set(before) ? ":" : "",
        choices->trace_children ? "" : ":trace_children=0", skip, alias, is_set(extra) ? ":" : "",
        is_set(extra) ? extra : "", directory);
    free(skip);
    free(alias);
    return options;
}
