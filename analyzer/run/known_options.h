// SPDX-License-Identifier: MIT
/*
 * The options that libdlpin.so has, as its file lists them. The library itself would name a wrong
 * one only once the program runs, and not at all with quiet=1, which dlpin run gives it.
 */
#ifndef DLPIN_ANALYZER_KNOWN_OPTIONS_H
#define DLPIN_ANALYZER_KNOWN_OPTIONS_H

#include <stdbool.h>

/*
 * Checks the variable DLPIN_OPTIONS, and list, which has its form or is NULL. False, after a
 * message, where it has a name that the library does not know, a name without a value, or a value
 * that the option does not take. A library without a list takes all.
 */
bool known_options_check(const char *library, const char *list);

#endif
