// SPDX-License-Identifier: MIT
#include "symbolize/demangle.h"

#include "base/memory.h"

#include <string.h>

#define HAVE_DECL_BASENAME 1 /* libiberty.h: string.h has it */
#include <libiberty/demangle.h>

/* Beyond this length a name is no help to anybody, and the demangler's time may grow out of bounds.
 */
enum { SYMBOL_LENGTH_MAX = 16 << 10 };

char *demangle(const char *symbol)
{
    char *plain = NULL;

    if (symbol[0] == '_' && strlen(symbol) <= SYMBOL_LENGTH_MAX)
        plain = cplus_demangle(symbol, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
    return plain != NULL ? plain : memory_string(symbol);
}
