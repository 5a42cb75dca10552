// SPDX-License-Identifier: MIT
#include "symbolize/demangle.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAVE_DECL_BASENAME 1 /* libiberty.h: string.h has it */
#include <libiberty/demangle.h>

/* Beyond this length a name is no help to anybody, and the demangler's time may grow out of bounds.
 */
enum { SYMBOL_LENGTH_MAX = 16 << 10 };

#define SYMBOL_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$"

char *demangle(const char *symbol)
{
    size_t length = strcspn(symbol, "@");
    char *name, *readable = NULL;

    if (length == 0 || length > SYMBOL_LENGTH_MAX)
        return memory_string(symbol);
    name = memory_format("%.*s", (int)length, symbol);
    if (name[0] == '_')
        readable = cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
    if (readable == NULL)
        return name;
    free(name);
    return readable;
}

/* One word: a symbol of the source, if it is a mangled one. */
static void put_word(FILE *out, const char *word, size_t length)
{
    char *name, *readable;

    if (word[0] != '_' || length > SYMBOL_LENGTH_MAX) {
        fwrite(word, 1, length, out);
        return;
    }
    name = memory_format("%.*s", (int)length, word);
    readable = demangle(name);
    fputs(readable, out);
    free(name);
    free(readable);
}

char *demangle_text(const char *text)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);

    if (out == NULL)
        return memory_string(text);
    while (*text != '\0') {
        size_t word = strspn(text, SYMBOL_CHARACTERS);
        size_t rest = strcspn(text + word, SYMBOL_CHARACTERS);

        put_word(out, text, word);
        fwrite(text + word, 1, rest, out);
        text += word + rest;
    }
    fclose(out);
    return result;
}
