// SPDX-License-Identifier: MIT
/*
 * A function's name without what another build changes: suffixes of copies that the compiler makes,
 * inline namespaces of the C++ library, tags of its ABI, and template arguments that are the
 * library's defaults.
 */
#ifndef DLPIN_ANALYZER_FUNCTION_NAME_H
#define DLPIN_ANALYZER_FUNCTION_NAME_H

/* function is demangled; a new string, to be freed. */
char *function_name(const char *function);

/*
 * The same for people, of a name or a sentence with names: suffixes stay, for they tell apart what
 * is there, and so does an allocator of std::pmr; std::basic_string<char> is std::string.
 */
char *short_name(const char *text);

#endif
