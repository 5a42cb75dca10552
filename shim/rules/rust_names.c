// SPDX-License-Identifier: MIT
#include "rules/rust_names.h"
#include "base/compiler.h"

#include <stddef.h>
#include <string.h>

static const char *const crates[] = {"std", "core", "alloc", "hashbrown"};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A name with its length before it, as both manglings have them. */
static const char *read_name(const char *at, size_t *length)
{
    for (*length = 0; is_digit(*at) && *length < 1000; at++)
        *length = *length * 10 + (size_t)(*at - '0');
    return at;
}

static bool is_library(const char *name, size_t length)
{
    for (unsigned i = 0; i < ARRAY_SIZE(crates); i++)
        if (strlen(crates[i]) == length && !strncmp(name, crates[i], length))
            return true;
    return false;
}

/* "17h", a hash in 16 digits, and "E" end a legacy name; the compiler may add a part (".llvm.1").
 */
static bool is_legacy(const char *symbol)
{
    enum { DIGITS = 16 };
    if (strncmp(symbol, "_ZN", 3) != 0)
        return false;
    for (const char *at = strstr(symbol, "17h"); at; at = strstr(at + 1, "17h"))
        if (strspn(at + 3, "0123456789abcdef") == DIGITS && at[3 + DIGITS] == 'E' &&
            (at[4 + DIGITS] == '\0' || at[4 + DIGITS] == '.'))
            return true;
    return false;
}

static bool is_v0(const char *symbol)
{
    return symbol[0] == '_' && symbol[1] == 'R' && symbol[2] >= 'A' && symbol[2] <= 'Z';
}

/* The first part is the crate, or a type: "_$LT$alloc..vec..Vec$LT$T$GT$$u20$as…". */
static bool is_legacy_library(const char *symbol)
{
    size_t length;
    const char *name = read_name(symbol + 3, &length);
    if (strncmp(name, "_$LT$", 5) != 0)
        return is_library(name, length);
    name += 5;
    if (!strncmp(name, "$RF$", 4))
        name += 4;
    return is_library(name, strcspn(name, ".$"));
}

/* The crate is the first thing that is named: "C", a number that tells crates of one name apart
 * ("s", digits of base 62, "_"), and the name. */
static bool is_v0_library(const char *symbol)
{
    for (const char *at = strchr(symbol, 'C'); at; at = strchr(at + 1, 'C')) {
        const char *number = at[1] == 's' ? strchr(at, '_') : at;
        if (!number || !is_digit(number[1]))
            continue;
        size_t length;
        const char *name = read_name(number + 1, &length);
        return is_library(name, length);
    }
    return false;
}

bool rust_is_name(const char *symbol)
{
    return is_v0(symbol) || is_legacy(symbol);
}

bool rust_is_of_library(const char *symbol)
{
    return is_v0(symbol) ? is_v0_library(symbol) : is_legacy(symbol) && is_legacy_library(symbol);
}
