// SPDX-License-Identifier: MIT
#include "model/aliases.h"

#include "base/glob.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The place of the last '='; length: there is none. */
static size_t find_equals(const char *text, size_t length)
{
    size_t found = length;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '=')
            found = i;
    }
    return found;
}

bool alias_is_good(const char *text, size_t length)
{
    size_t equals = find_equals(text, length);

    for (size_t i = 0; i < length; i++) {
        if (strchr("\",:", text[i]) != NULL || (text[i] == '/' && i > equals))
            return false;
    }
    return equals > 0 && equals + 1 < length;
}

bool aliases_add(struct aliases *aliases, const char *text)
{
    size_t length = strlen(text);

    if (!alias_is_good(text, length))
        return false;
    ARRAY_PUSH(aliases->items, aliases->count, (struct alias){text, find_equals(text, length)});
    return true;
}

static bool matches(const struct alias *alias, const struct module_record *module)
{
    const char *slash = strrchr(module->path, '/');
    const char *const names[] = {module->soname != NULL ? module->soname : "",
                                 slash != NULL ? slash + 1 : module->path, module->path};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (glob_matches(alias->text, alias->glob_length, names[i]))
            return true;
    }
    return false;
}

const char *aliases_name(const struct aliases *aliases, const struct module_record *module)
{
    for (size_t i = 0; aliases != NULL && !module->common && i < aliases->count; i++) {
        const struct alias *alias = &aliases->items[i];

        if (matches(alias, module))
            return alias->text + alias->glob_length + 1;
    }
    return NULL;
}

char *aliases_list(const struct aliases *aliases)
{
    char *list = NULL;

    for (size_t i = 0; i < aliases->count; i++) {
        char *longer = memory_format("%s%s%s", list != NULL ? list : "", list != NULL ? "," : "",
                                     aliases->items[i].text);

        free(list);
        list = longer;
    }
    return list;
}

void aliases_clear(struct aliases *aliases)
{
    free(aliases->items);
    *aliases = (struct aliases){0};
}
