// SPDX-License-Identifier: MIT
/* What a common library made for itself when a module happened to be the first that needed it. */
#ifndef DLPIN_SCAN_LIBRARY_H
#define DLPIN_SCAN_LIBRARY_H

#include "ownership/sites.h"

/*
 * The site is a call of a module into a common library that stays. True if a variable of that
 * library points to a block that the same call made: then the library keeps what the call made, and
 * gives it to whoever comes next (the default context of GLib).
 */
bool library_keeps(const struct site *site);

#endif
