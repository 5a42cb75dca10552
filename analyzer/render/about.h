// SPDX-License-Identifier: MIT
/* The module of a finding in words. */
#ifndef DLPIN_ANALYZER_ABOUT_H
#define DLPIN_ANALYZER_ABOUT_H

#include "model/model.h"

/* "plugin.so (unloaded)", "libz.so.1 (unloaded; third-party, zlib1g 1:1.2.13)"; a new string, to be
 * freed. */
char *about_text(const struct group *group);

/* Without the state, where the message says it: "plugin.so"; to be freed. */
char *whose_text(const struct group *group);

/* "zlib1g 1:1.2.13"; a new string, to be freed. */
char *package_text(const struct package *package);

#endif
