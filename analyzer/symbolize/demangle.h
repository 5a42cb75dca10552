// SPDX-License-Identifier: MIT
/* C++, Rust and D names as the source has them, whole. Every result is a new string, to be freed.
 */
#ifndef DLPIN_ANALYZER_DEMANGLE_H
#define DLPIN_ANALYZER_DEMANGLE_H

/* A copy of symbol where it is not mangled. A symbol version ("@@GLIBC_2.34") is left out. */
char *demangle(const char *symbol);

/* A sentence, with the mangled names in it made readable. */
char *demangle_text(const char *text);

#endif
