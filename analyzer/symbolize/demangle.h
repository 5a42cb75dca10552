// SPDX-License-Identifier: MIT
/* C++ and Rust names as people write them. */
#ifndef DLPIN_ANALYZER_DEMANGLE_H
#define DLPIN_ANALYZER_DEMANGLE_H

/* A new string, to be freed; a copy of symbol where it is not mangled. */
char *demangle(const char *symbol);

#endif
