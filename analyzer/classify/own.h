// SPDX-License-Identifier: MIT
/*
 * The user's own code and that of third parties. A finding is own where its module matches a
 * pattern of --own, lies in --source-root or in a folder in which CMake or Meson build that, or was
 * built from sources in there by its debug information; without both options every finding is. All
 * modules of one identity are own, or none is. A finding without a module is own: nothing tells
 * that it is not.
 */
#ifndef DLPIN_ANALYZER_OWN_H
#define DLPIN_ANALYZER_OWN_H

#include "model/model.h"
#include "symbolize/source_root.h"

struct own {
    const char **globs; /* of --own, for paths, the base names of these and identities; borrowed */
    size_t glob_count;
};

/* Is there anything by which to tell? */
bool own_is_known(const struct own *own, const struct source_root *root);

/* Sets group.third_party of a signed model and model.nothing_is_own, and sorts it. */
void own_mark(const struct own *own, const struct source_root *root, struct model *model);

void own_clear(struct own *own);

#endif
