// SPDX-License-Identifier: MIT
#include "render/about.h"

#include "base/memory.h"
#include "load/names.h"

#include <stdlib.h>

char *package_text(const struct package *package)
{
    return memory_format("%s%s%s", package->name, package->version[0] != '\0' ? " " : "",
                         package->version);
}

/* "third-party, zlib1g 1:1.2.13", or "" where the code is the user's own. */
static char *origin_text(const struct group *group)
{
    char *package, *text;

    if (!group->third_party || group->package == NULL)
        return memory_string(group->third_party ? "third-party" : "");
    package = package_text(group->package);
    text = memory_format("third-party, %s", package);
    free(package);
    return text;
}

static char *text_with_state(const struct group *group, const char *state)
{
    const struct module *module = finding_module(group->shown);
    const char *path = finding_module_path(group->shown);
    const char *name = module != NULL ? module_identity(module) : path != NULL ? path : "?";
    char *origin = origin_text(group), *text;

    if (state[0] == '\0' && origin[0] == '\0')
        text = memory_string(name);
    else
        text = memory_format("%s (%s%s%s)", name, state,
                             state[0] != '\0' && origin[0] != '\0' ? "; " : "", origin);
    free(origin);
    return text;
}

char *about_text(const struct group *group)
{
    const struct module *module = finding_module(group->shown);

    return text_with_state(group, module != NULL ? module_state_name(module->data->state) : "");
}

char *whose_text(const struct group *group)
{
    return text_with_state(group, "");
}
