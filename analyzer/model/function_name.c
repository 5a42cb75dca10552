// SPDX-License-Identifier: MIT
#include "model/function_name.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* "make.constprop.0", "make.cold", and what the demangler makes of it: "make() [clone .cold]" */
static const char *const suffixes[] = {".constprop.", ".isra.",     ".part.",      ".cold",
                                       ".llvm.",      ".lto_priv.", ".localalias", " [clone "};

static const char *const namespaces[] = {"__cxx11::", "__1::"};

static const char *const defaults[] = {"allocator<",
                                       "char_traits<",
                                       "default_delete<",
                                       "equal_to<",
                                       "hash<",
                                       "less<",
                                       "pmr::polymorphic_allocator<"};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool begins_suffix(const char *text)
{
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        if (begins(text, suffixes[i]))
            return true;
    }
    return false;
}

/* How long the inline namespace is with which text begins, or 0. */
static size_t namespace_length(const char *text)
{
    for (size_t i = 0; i < COUNT(namespaces); i++) {
        if (begins(text, namespaces[i]))
            return strlen(namespaces[i]);
    }
    return 0;
}

/* Up to and with the '>' that belongs to the '<' at text; 0: there is none. */
static size_t balanced_length(const char *text)
{
    size_t depth = 0;

    for (const char *at = text; *at != '\0'; at++) {
        depth += *at == '<';
        depth -= *at == '>';
        if (depth == 0)
            return (size_t)(at - text) + 1;
    }
    return 0;
}

/* ", std::allocator<int>": a default, with the comma before it; or 0. */
static size_t default_length(const char *text)
{
    size_t at = strlen(", std::"), rest;

    if (!begins(text, ", std::"))
        return 0;
    at += namespace_length(text + at);
    for (size_t i = 0; i < COUNT(defaults); i++) {
        if (!begins(text + at, defaults[i]))
            continue;
        at += strlen(defaults[i]) - 1;
        rest = balanced_length(text + at);
        return rest > 0 ? at + rest : 0;
    }
    return 0;
}

static size_t tag_length(const char *text)
{
    const char *end = begins(text, "[abi:") ? strchr(text, ']') : NULL;

    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

/* "> >" of older demanglers. */
static size_t blank_length(const char *text)
{
    return text[0] == ' ' && text[1] == '>';
}

/* How much of text is left out. */
static size_t skipped(const char *text)
{
    size_t length = default_length(text);

    if (length == 0)
        length = namespace_length(text);
    if (length == 0)
        length = tag_length(text);
    return length > 0 ? length : blank_length(text);
}

char *function_name(const char *function)
{
    char *name = memory_string(function), *end = name;

    for (const char *at = function; *at != '\0';) {
        size_t length = skipped(at);

        if (length == 0 && at > function && begins_suffix(at))
            break;
        if (length == 0)
            *end++ = *at++;
        else
            at += length;
    }
    *end = '\0';
    return name;
}
