// SPDX-License-Identifier: MIT
/*
 * The packages that modules of third parties come from: as the module's own note says
 * (.note.package, https://systemd.io/ELF_PACKAGE_METADATA), else the database of dpkg or rpm. Only
 * of a file that is still the one that was loaded (search.h); the package of another one would have
 * another version.
 */
#ifndef DLPIN_ANALYZER_PACKAGE_H
#define DLPIN_ANALYZER_PACKAGE_H

#include "model/model.h"

/* The package that the note of an open file names, a new one; or NULL. */
struct package *package_of_note(int descriptor);

/* Sets group.package of the groups that own_mark() found to be of third parties. */
void package_find(struct model *model);

#endif
