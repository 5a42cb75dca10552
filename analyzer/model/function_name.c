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

static const char *const defaults[] = {"allocator<", "char_traits<", "default_delete<",
                                       "equal_to<",  "hash<",        "less<"};

/* No default, but often what tells one build from another. */
static const char *const replaceable[] = {"pmr::polymorphic_allocator<"};

/* Templates that std has a short name for where the characters are of these types. */
static const char *const aliased[] = {
    "string",       "string_view", "ostream",       "istream",       "iostream", "ofstream",
    "ifstream",     "fstream",     "ostringstream", "istringstream", "filebuf",  "stringbuf",
    "stringstream", "streambuf",   "ios",           "regex",
};

static const struct {
    const char *arguments, *prefix;
} aliases[] = {{"<char>", ""}, {"<wchar_t>", "w"}};

static bool begins(const char *text, const char *with)
{
    return text[0] == with[0] && strncmp(text, with, strlen(with)) == 0;
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

/* The length of one of the templates up to its last bracket, or 0. */
static size_t template_length(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(names[i]) - 1,
               rest = begins(text, names[i]) ? balanced_length(text + at) : 0;

        if (rest > 0)
            return at + rest;
    }
    return 0;
}

/* ", std::allocator<int>": a default, with the comma before it; or 0. */
static size_t default_length(const char *text, bool for_people)
{
    size_t at = strlen(", std::"), rest;

    if (!begins(text, ", std::"))
        return 0;
    at += namespace_length(text + at);
    rest = template_length(text + at, defaults, COUNT(defaults));
    if (rest == 0 && !for_people)
        rest = template_length(text + at, replaceable, COUNT(replaceable));
    return rest > 0 ? at + rest : 0;
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
static size_t skipped(const char *text, bool for_people)
{
    size_t length = default_length(text, for_people);

    if (length == 0)
        length = namespace_length(text);
    if (length == 0)
        length = tag_length(text);
    return length > 0 ? length : blank_length(text);
}

/* "::_FUN(int)": the function that a lambda without a capture becomes. */
static size_t wrapper_length(const char *text)
{
    static const char wrapper[] = "::_FUN(";
    size_t depth = 0, length = sizeof wrapper - 2;

    if (!begins(text, wrapper))
        return 0;
    do {
        depth += text[length] == '(';
        depth -= text[length] == ')';
    } while (text[length++] != '\0' && depth > 0);
    return depth == 0 ? length : 0;
}

static char *shorten(const char *text, bool for_people)
{
    char *name = memory_string(text), *end = name;

    for (const char *at = text; *at != '\0';) {
        size_t length = skipped(at, for_people);

        if (length == 0 && for_people && at > text && at[-1] == '}')
            length = wrapper_length(at);
        if (length == 0 && !for_people && at > text && begins_suffix(at))
            break;
        if (length == 0)
            *end++ = *at++;
        else
            at += length;
    }
    *end = '\0';
    return name;
}

char *function_name(const char *function)
{
    return shorten(function, false);
}

/* Writes std::wstring for std::basic_string<wchar_t> and moves both on; false where there is no
 * such template at *at. */
static bool put_alias(char **end, const char **at)
{
    static const char beginning[] = "std::basic_";
    const char *name = *at + sizeof beginning - 1, *arguments;
    size_t length;

    if (!begins(*at, beginning))
        return false;
    length = strcspn(name, "<");
    arguments = name + length;
    for (size_t type = 0; type < COUNT(aliases); type++) {
        for (size_t i = 0; i < COUNT(aliased) && begins(arguments, aliases[type].arguments); i++) {
            if (strlen(aliased[i]) != length || !begins(name, aliased[i]))
                continue;
            *end = stpcpy(stpcpy(*end, "std::"), aliases[type].prefix);
            memmove(*end, name, length); /* what is written is shorter than what it replaces */
            *end += length;
            *at = arguments + strlen(aliases[type].arguments);
            return true;
        }
    }
    return false;
}

/* "std::thread(f()::{lambda()#1})" says as much as the long name of the function that std::thread
 * runs. Moves both on like put_alias(). */
static bool put_thread(char **end, const char **at)
{
    static const char before[] = "std::thread::_State_impl<std::thread::_Invoker<std::tuple<",
                      after[] = ">::_M_run()";
    size_t head = sizeof before - 2, tail = strlen("std::thread::_State_impl");
    size_t tuple = begins(*at, before) ? balanced_length(*at + head) : 0;
    size_t whole = tuple > 0 ? balanced_length(*at + tail) : 0;

    if (whole == 0 || !begins(*at + tail + whole - 1, after))
        return false;
    *end = stpcpy(*end, "std::thread(");
    memmove(*end, *at + head + 1, tuple - 2);
    *end += tuple - 2;
    *(*end)++ = ')';
    *at += tail + whole - 1 + strlen(after);
    return true;
}

/* In place: each piece is written shorter, or as it is. */
static void rewrite(char *name, bool (*put)(char **end, const char **at))
{
    char *end = name;

    for (const char *at = name; *at != '\0';) {
        if (!put(&end, &at))
            *end++ = *at++;
    }
    *end = '\0';
}

char *short_name(const char *text)
{
    char *name = shorten(text, true);

    rewrite(name, put_alias);
    rewrite(name, put_thread);
    return name;
}
