// SPDX-License-Identifier: MIT
#include "symbolize/demangle.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAVE_DECL_BASENAME 1 /* libiberty.h: string.h has it */
#include <libiberty/demangle.h>

/* Beyond this length a name is no help to anybody. A mangled name of some hundred bytes can stand
 * for terabytes: its parts refer to earlier parts that do the same. */
enum { SYMBOL_LENGTH_MAX = 16 << 10, TEXT_LENGTH_MAX = 4 * SYMBOL_LENGTH_MAX };

#define SYMBOL_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$"

struct collector {
    char text[SYMBOL_LENGTH_MAX + 1];
    size_t length;
    jmp_buf too_long;
};

/* The demanglers with a callback keep all they have on the stack, so that they can be left. */
static void collect(const char *piece, size_t size, void *context)
{
    struct collector *collector = context;

    if (size > SYMBOL_LENGTH_MAX - collector->length)
        longjmp(collector->too_long, 1);
    memcpy(collector->text + collector->length, piece, size);
    collector->length += size;
}

/*
 * The demangler of D has no callback, and takes all memory that a name asks for. Only references to
 * earlier parts, each a 'Q', multiply: with this many there are at most some megabytes.
 */
enum { D_LENGTH_MAX = 2 << 10, D_REFERENCES_MAX = 20 };

static char *readable_d_name(const char *name)
{
    size_t length = strlen(name), references = 0;
    char *readable;

    for (const char *at = name; (at = strchr(at, 'Q')) != NULL; at++)
        references++;
    if (length > D_LENGTH_MAX || references > D_REFERENCES_MAX)
        return NULL;
    readable = dlang_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_DLANG);
    if (readable == NULL || strlen(readable) <= SYMBOL_LENGTH_MAX)
        return readable;
    free(readable);
    return NULL;
}

/* A new string, or NULL: it is no mangled name, or of no use. */
static char *readable_name(const char *name)
{
    static struct collector collector;
    const int options = DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO;

    if (strncmp(name, "_D", 2) == 0)
        return readable_d_name(name);
    collector.length = 0;
    if (setjmp(collector.too_long) != 0)
        return NULL;
    if (!rust_demangle_callback(name, options, collect, &collector)) {
        collector.length = 0;
        if (!cplus_demangle_v3_callback(name, options, collect, &collector))
            return NULL;
    }
    return memory_text(collector.text, collector.length);
}

char *demangle(const char *symbol)
{
    size_t length = strcspn(symbol, "@");
    char *name, *readable;

    if (length == 0 || length > SYMBOL_LENGTH_MAX)
        return memory_string(symbol);
    name = memory_text(symbol, length);
    readable = name[0] == '_' ? readable_name(name) : NULL;
    if (readable == NULL)
        return name;
    free(name);
    return readable;
}

/* Writes a word: demangled, if it is a mangled symbol. */
static void put_word(FILE *out, const char *word, size_t length)
{
    char *name, *readable;

    if (word[0] != '_' || length > SYMBOL_LENGTH_MAX || ftell(out) > TEXT_LENGTH_MAX) {
        fwrite(word, 1, length, out);
        return;
    }
    name = memory_text(word, length);
    readable = demangle(name);
    fputs(readable, out);
    free(name);
    free(readable);
}

/* A dot at the end is the sentence's. */
static size_t word_length(const char *text)
{
    size_t length = strspn(text, SYMBOL_CHARACTERS);

    while (length > 1 && text[length - 1] == '.')
        length--;
    return length;
}

char *demangle_text(const char *text)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);

    if (out == NULL)
        return memory_string(text);
    while (*text != '\0') {
        size_t word = word_length(text);
        size_t rest = strspn(text + word, "."),
               gap = strcspn(text + word + rest, SYMBOL_CHARACTERS);

        put_word(out, text, word);
        fwrite(text + word, 1, rest + gap, out);
        text += word + rest + gap;
    }
    fclose(out);
    return result;
}
