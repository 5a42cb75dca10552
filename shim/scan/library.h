// SPDX-License-Identifier: MIT
/* Resources that a common library made for itself, because a module was the first to need it. */
#ifndef DLPIN_SCAN_LIBRARY_H
#define DLPIN_SCAN_LIBRARY_H

#include "ownership/sites.h"

/*
 * The site is a call of a module into a common library that stays. True if a variable of that
 * library points to a block that the same call made: the library then keeps the results of the
 * call, and gives them to the next caller (the default context of GLib).
 */
bool library_keeps(const struct site *site);

#endif
