// SPDX-License-Identifier: MIT
/* Files whose packages are searched for in the database of a system. */
#ifndef DLPIN_ANALYZER_INSTALLED_H
#define DLPIN_ANALYZER_INSTALLED_H

#include "model/model.h"

struct installed {
    const char *path;        /* as it was loaded, in the system */
    char *real;              /* with links resolved, in the system; owned */
    struct package *package; /* a new one, or NULL: not found yet */
};

/* root: "" or the folder of another system. Those that have a package already are left alone. */
void dpkg_find(const char *root, struct installed *files, size_t count);
void rpm_find(const char *root, struct installed *files, size_t count);

/* Takes both strings over. */
struct package *package_new(char *name, char *version);

#endif
