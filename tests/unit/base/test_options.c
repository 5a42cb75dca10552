// SPDX-License-Identifier: MIT
#include "base/options.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* Parses, and returns the complaints. */
static const char *parse(const char *text)
{
    static struct text complaints;
    text_free(&complaints);
    options_parse(text, &complaints);
    return text_string(&complaints);
}

static void has_defaults(void)
{
#define HAS_DEFAULT_BOOL(name, initial) cr_assert_eq(options.name, initial)
#define HAS_DEFAULT_NUMBER(name, initial) cr_assert_eq(options.name, initial)
#define HAS_DEFAULT_STRING(name, initial) cr_assert_null(options.name)
#define HAS_DEFAULT_CHOICE(name, initial) HAS_DEFAULT_NUMBER(name, initial)
#define HAS_DEFAULT(type, name, initial, ...) HAS_DEFAULT_##type(name, initial);
    DLPIN_OPTIONS_TABLE(HAS_DEFAULT)
}

Test(options, nothing_gives_the_defaults)
{
    const char *const nothing[] = {NULL, "", ":", "::::"};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_str_empty(parse(nothing[i]));
        has_defaults();
    }
}

Test(options, values_are_taken)
{
    cr_assert_str_empty(parse("exitcode=23:log_path=out.%p:quiet=1::malloc_context_size=32:"));
    cr_assert_eq(options.exitcode, 23);
    cr_assert_eq(options.quiet, 1);
    cr_assert_eq(options.malloc_context_size, 32);
    cr_assert_str_eq(options.log_path, "out.%p");
}

Test(options, a_choice_with_a_glob)
{
    cr_assert_str_empty(parse("fix=keep=lib*,x?.so:quiet=1"));
    cr_assert_eq(options.fix, FIX_KEEP);
    cr_assert_str_eq(options.fix_glob, "lib*,x?.so");
    cr_assert_eq(options.quiet, 1);
    cr_assert_str_empty(parse("fix=keep:fix_glob=a"));
    cr_assert_eq(options.fix, FIX_KEEP);
    cr_assert_str_eq(options.fix_glob, "a");
    cr_assert_str_empty(parse("fix=guard"));
    cr_assert_eq(options.fix, FIX_GUARD);
    const char *const wrong[] = {"fix=guard=a", "fix=off=a", "fix==a", "fix=keeps=a",
                                 "scan=full=a"};
    for (size_t i = 0; i < 5; i++) {
        cr_assert_not_null(strstr(parse(wrong[i]), "bad value"), "%s", wrong[i]);
        cr_assert_eq(options.fix, FIX_OFF);
    }
}

Test(options, the_last_one_holds)
{
    cr_assert_str_empty(parse("exitcode=1:exitcode=2"));
    cr_assert_eq(options.exitcode, 2);
}

Test(options, quotes_hold_colons)
{
    cr_assert_str_empty(parse("log_path='a:b=c':label_env=\"x'y\":common=''"));
    cr_assert_str_eq(options.log_path, "a:b=c");
    cr_assert_str_eq(options.label_env, "x'y");
    cr_assert_str_empty(options.common);
    cr_assert_str_empty(parse("log_path='never closed"));
    cr_assert_str_eq(options.log_path, "'never closed");
}

/* The complaint is a line that names the word; the default holds, and later options are read. */
static void complains(const char *text, const char *word)
{
    char both[256];
    snprintf(both, sizeof both, "%s:verbosity=2", text);
    const char *complaints = parse(both);
    cr_assert_not_null(strstr(complaints, word), "'%s': %s", text, complaints);
    cr_assert_eq(strchr(complaints, '\n'), complaints + strlen(complaints) - 1, "one line: %s",
                 complaints);
    cr_assert_eq(strncmp(complaints, "dlpin: ", 7), 0);
    cr_assert_eq(options.verbosity, 2);
    options.verbosity = 0;
    has_defaults();
}

Test(options, what_is_wrong_is_named)
{
    complains("nonsense=1", "'nonsense'");
    complains("nonsense", "'nonsense'");
    complains("exitcode", "'exitcode'");
    complains("exitcode=", "'exitcode'");
    complains("exitcode=abc", "'abc'");
    complains("exitcode=256", "'256'");
    complains("exitcode=-1", "'-1'");
    complains("exitcode= 1", "' 1'");
    complains("exitcode=0x10", "'0x10'");
    complains("exitcode=99999999999999999999", "'99999999999999999999'");
    complains("malloc_context_size=0", "from 1 to 32");
    complains("malloc_context_size=33", "from 1 to 32");
    complains("quiet=yes", "'yes'");
    complains("Quiet=1", "'Quiet'");
    complains("quie=1", "'quie'");
    complains("quiets=1", "'quiets'");
    complains("=1", "''");
}

Test(options, a_long_value_is_kept_whole)
{
    enum { LENGTH = 300000 };
    char *text = malloc(LENGTH + 32);
    strcpy(text, "log_path=");
    memset(text + 9, 'x', LENGTH);
    text[9 + LENGTH] = '\0';
    cr_assert_str_empty(parse(text));
    cr_assert_eq(strlen(options.log_path), LENGTH);
    free(text);
}

Test(options, any_bytes_are_survived)
{
    static const char alphabet[] = "=:='\"%\\\n\t\xff\x80quietexitcode0123456789log_path";
    unsigned state = 1;
    for (int round = 0; round < 20000; round++) {
        char text[64];
        for (size_t i = 0; i < sizeof text - 1; i++) {
            state = state * 1103515245 + 12345;
            text[i] = alphabet[(state >> 16) % (sizeof alphabet - 1)];
        }
        text[(state >> 8) % sizeof text] = '\0';
        text[sizeof text - 1] = '\0';
        parse(text);
        cr_assert(options.exitcode <= 255 && options.quiet <= 1);
    }
}

Test(options, help_names_every_option)
{
    struct text text = {0};
    options_describe(&text);
#define IS_NAMED(type, name, ...) cr_assert_not_null(strstr(text_string(&text), " " #name));
    DLPIN_OPTIONS_TABLE(IS_NAMED)
    text_free(&text);
}
