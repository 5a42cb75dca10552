// SPDX-License-Identifier: MIT
/*
 * The options that libdlpin.so has, as its file lists them: a name that it does not know would only
 * be named once the program runs.
 */
#ifndef DLPIN_ANALYZER_KNOWN_OPTIONS_H
#define DLPIN_ANALYZER_KNOWN_OPTIONS_H

#include <stdbool.h>

/*
 * list has the form of DLPIN_OPTIONS, or is NULL. False, after a message, where it has a name that
 * the library does not know, or a name without a value. A library without a list takes all.
 */
bool known_options_check(const char *library, const char *list);

#endif
