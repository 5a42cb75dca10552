// SPDX-License-Identifier: MIT
/* Where libdlpin.so is. */
#ifndef DLPIN_ANALYZER_LIBRARY_H
#define DLPIN_ANALYZER_LIBRARY_H

/*
 * The absolute path of the shim, a new string: what DLPIN_LIBRARY names; else beside this
 * executable, in the build tree or where it is installed, wherever that tree lies; else where it
 * was configured to be. NULL, after a message, where it is in none of these places or its path
 * cannot be used in LD_PRELOAD.
 */
char *library_find(void);

/* The path of the program that tries libraries, a new string; NULL, after a message, where it is
 * neither in the build tree nor beside the library. */
char *library_driver(const char *library);

#endif
