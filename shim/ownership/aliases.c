// SPDX-License-Identifier: MIT
#include "ownership/aliases.h"
#include "base/arena.h"
#include "base/options.h"
#include "ownership/common.h"

#include <string.h>

/* GLOB and NAME in turn, each with a zero after it; an empty GLOB ends them. */
static char *aliases;

/* Adds "GLOB=NAME" of this length at `end`; returns the new end, or NULL where it is none. */
static char *add(char *end, const char *item, size_t length)
{
    size_t equals = 0, slash = 0;
    for (size_t i = 0; i < length; i++) {
        equals = item[i] == '=' ? i : equals;
        slash = item[i] == '/' ? i : slash;
    }
    if (equals == 0 || equals + 1 == length || slash > equals)
        return NULL;
    memcpy(end, item, length);
    end[equals] = '\0';
    end[length] = '\0';
    return end + length + 1;
}

void aliases_start(struct text *complaints)
{
    const char *at = options.alias;
    char *end = at ? arena_alloc(strlen(at) + 2) : NULL;
    if (!end)
        return;
    for (aliases = end; *at;) {
        size_t length = strcspn(at, ",");
        char *next = add(end, at, length);
        if (next) {
            end = next;
        } else {
            text_add(complaints, "dlpin: DLPIN_OPTIONS: bad value '");
            text_add_n(complaints, at, length);
            text_add(complaints, "' for 'alias': GLOB=NAME is needed\n");
        }
        at += length + (at[length] == ',');
    }
    *end = '\0';
}

static bool matches(const char *glob, const struct module *module)
{
    const char *slash = strrchr(module->path, '/');
    size_t length = strlen(glob);
    return common_glob(glob, length, module->identity) ||
           common_glob(glob, length, slash ? slash + 1 : module->path) ||
           common_glob(glob, length, module->path);
}

void aliases_apply(struct module *module)
{
    for (const char *glob = aliases; glob && *glob && !module->common;) {
        const char *name = glob + strlen(glob) + 1;
        if (matches(glob, module)) {
            module->identity = name;
            return;
        }
        glob = name + strlen(name) + 1;
    }
}
