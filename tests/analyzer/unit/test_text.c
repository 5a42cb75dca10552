// SPDX-License-Identifier: MIT
/* The report for people: headlines, sentences, folded stacks and paths, the table. */
#include "render/report.h"
#include "render/style.h"
#include "support.h"
#include "symbolize/symbolize.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS                                                               \
    "{\"type\":\"header\",\"format\":\"dlpin-report\",\"version\":1,\"pid\":1," \
    "\"exe\":\"/opt/host\",\"argv\":[\"./host\",\"--load\",\"plug\"]}\n"
#define LIBC                                                                                    \
    "{\"type\":\"module\",\"pid\":1,\"id\":3,\"path\":\"/lib/libc.so.6\",\"soname\":\"libc.so." \
    "6\",\"state\":\"loaded\",\"common\":true}\n"
#define GLIB                                                                    \
    "{\"type\":\"module\",\"pid\":1,\"id\":4,\"path\":\"/lib/libglib-2.0.so\"," \
    "\"state\":\"loaded\",\"common\":true}\n"
#define HOST \
    "{\"type\":\"module\",\"pid\":1,\"id\":5,\"path\":\"/opt/host\",\"state\":\"loaded\"}\n"
#define FRAME(module, symbol) \
    "{\"pc\":\"0x9\",\"module\":" #module ",\"offset\":8,\"symbol\":\"" symbol "\"}"
#define PARTS(cause, consequence, fix) \
    ",\"cause\":\"" cause "\",\"consequence\":\"" consequence "\",\"fix\":\"" fix "\""

static char *render(const char *lines, bool verbose)
{
    struct model model = {0};
    const struct report report = {.model = &model, .verbose = verbose};
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    SUPPORT_LOAD(&model, lines);
    symbolize_model(&model);
    render_text(stream, &report, false);
    fclose(stream);
    model_free(&model);
    return text;
}

static void has(char *text, const char *wanted)
{
    cr_assert_not_null(strstr(text, wanted), "%s is not in:\n%s", wanted, text);
}

static void lacks(char *text, const char *unwanted)
{
    cr_assert_null(strstr(text, unwanted), "%s is in:\n%s", unwanted, text);
}

Test(sentences, each_has_lines_of_its_own)
{
    char *text = render(ARGUMENTS MODULE FINDING(
                            1, 1, "error", PARTS("It was left.", "It breaks.", "Call it.")) SUMMARY,
                        false);

    has(text, "error: key: libplug.so: pthread key left by the module\n"
              "  It was left.\n"
              "  It breaks.\n"
              "  fix: Call it.\n"
              "  1 time, load 1, process 1: ./host --load plug\n");
    lacks(text, "left a key");
    free(text);
}

Test(sentences, an_older_report_has_them_in_one)
{
    char *text = render(HEADER MODULE FINDING(1, 1, "error", "") SUMMARY, false);

    has(text, "  left a key\n  1 time");
    lacks(text, "fix:");
    free(text);
}

static char *wrap(unsigned width, const char *indent, const char *sentence)
{
    const struct style style = {.width = width};
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    put_wrapped(stream, &style, indent, sentence);
    fclose(stream);
    return text;
}

Test(sentences, are_wrapped_between_words)
{
    static const struct {
        unsigned width;
        const char *indent, *sentence, *lines;
    } cases[] = {
        {20, "  ", "one two three four five", "  one two three four\n  five\n"},
        {19, "  ", "one two three four five", "  one two three\n  four five\n"},
        {16, "  fix: ", "one two three", "  fix: one two\n       three\n"},
        {10, "", "a_word_that_is_longer b", "a_word_that_is_longer\nb\n"},
        {0, "  ", "one two three four five", "  one two three four five\n"},
        {9, "", "äöü äöü äöü", "äöü äöü\näöü\n"},
        {40, "", "a\x1b[31mb", "a?[31mb\n"},
        {40, "  ", "", "  \n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = wrap(cases[i].width, cases[i].indent, cases[i].sentence);
        cr_assert_str_eq(text, cases[i].lines);
        free(text);
    }
}

#define LONG \
    "a_function_with_a_name_that_takes_a_line_of_more_than_one_hundred_columns_all_by_itself"

Test(stacks, lines_of_frames_are_not_wrapped)
{
    char *text = render(
        HEADER MODULE FINDING(1, 1, "error", ",\"stack\":[" FRAME(2, LONG) "]") SUMMARY, false);

    has(text, "    #0 " LONG " (libplug.so+0x8)\n");
    has(text, "module\n  in " LONG " (libplug.so+0x8)\n");
    free(text);
}

#define STACK                                                                                        \
    ",\"stack\":[" FRAME(3, "malloc") "," FRAME(4, "g_malloc") "," FRAME(2, "plug_start") "," FRAME( \
        2,                                                                                           \
        "_ZNSt6vectorIiE4growEv") "," FRAME(5,                                                       \
                                            "load") "," FRAME(3,                                     \
                                                              "__libc_start_main") "," FRAME(5,      \
                                                                                             "_st"   \
                                                                                             "ar"    \
                                                                                             "t") "]"

Test(stacks, frames_that_are_nobodys_are_folded)
{
    const char *lines = HEADER MODULE LIBC GLIB HOST FINDING(1, 1, "error", STACK) SUMMARY;
    char *text = render(lines, false);

    has(text, "  created at:\n"
              "    … 2 frames in libc.so.6, libglib-2.0.so\n"
              "    #2 plug_start (libplug.so+0x8)\n"
              "    … 1 frame in std\n"
              "    #4 load (host+0x8)\n"
              "    … 2 frames in libc.so.6, _start\n");
    has(text, "the module, in plug_start (libplug.so+0x8)\n");
    free(text);
    text = render(lines, true);
    has(text, "    #0 malloc (libc.so.6+0x8)\n    #1 g_malloc (libglib-2.0.so+0x8)\n");
    lacks(text, "…");
    free(text);
}

Test(stacks, a_folded_module_is_named_once)
{
    char *text = render(HEADER MODULE LIBC GLIB FINDING(
                            1, 1, "error",
                            ",\"stack\":[" FRAME(3, "a") "," FRAME(4, "b") "," FRAME(
                                3, "c") "," FRAME(4, "d") "," FRAME(2, "plug_start") "]") SUMMARY,
                        false);

    has(text, "    … 4 frames in libc.so.6, libglib-2.0.so\n    #4 plug_start");
    free(text);
}

Test(stacks, one_that_is_all_nobodys_is_shown)
{
    char *text = render(
        HEADER MODULE LIBC FINDING(1, 1, "error", ",\"stack\":[" FRAME(3, "malloc") "]") SUMMARY,
        false);

    has(text, "    #0 malloc (libc.so.6+0x8)\n");
    free(text);
}

Test(headlines, the_place_is_in_the_module_or_what_is_registered)
{
    char *text =
        render(HEADER MODULE HOST FINDING(
                   1, 1, "error", ",\"stack\":[" FRAME(5, "helper") "," FRAME(2, "plug_start") "]")
                   SUMMARY,
               false);

    has(text, "the module, in plug_start (libplug.so+0x8)\n");
    free(text);
    text = render(HEADER MODULE FINDING(1, 1, "error",
                                        ",\"subject\":{\"destructor\":" FRAME(2, "plug_free") "}")
                      SUMMARY,
                  false);
    has(text, "the module: plug_free (libplug.so+0x8)\n");
    free(text);
}

#define BLOCK(common, leaves) \
    "{\"what\":\"block\",\"address\":\"0x9\",\"bytes\":24,\"owner\":4,\"common\":" common "}" leaves
#define DATA \
    "{\"what\":\"data\",\"address\":\"0x9\",\"module\":5,\"offset\":1,\"symbol\":\"table\"}"
#define STEP(from, to) "{\"from\":" from ",\"via\":0,\"to\":" to "}"

#define SHIM                                                                       \
    "{\"type\":\"module\",\"pid\":1,\"id\":6,\"path\":\"/opt/dlpin/libdlpin.so\"," \
    "\"state\":\"loaded\"}\n"

Test(places, a_function_of_the_library_itself_has_no_offset)
{
    char *text = render(ARGUMENTS MODULE SHIM FINDING(
                            1, 1, "error", ",\"subject\":{\"destructor\":" FRAME(6, "free") "}"),
                        false);

    cr_assert(strstr(text, "destructor: free (through libdlpin.so)\n"), "%s", text);
    free(text);
}

Test(paths, blocks_that_are_nobodys_are_folded)
{
    const char *lines = HEADER MODULE GLIB HOST FINDING(
        1, 1, "error",
        ",\"path\":[" STEP(DATA, BLOCK("true", "")) "," STEP(
            BLOCK("true", ""), BLOCK("true", "")) "," STEP(BLOCK("true", ""),
                                                           BLOCK("false", "")) "]") SUMMARY;
    char *text = render(lines, false);

    has(text, "    table in host\n    … 2 blocks of common modules\n    -> a block of 24 bytes");
    free(text);
    text = render(lines, true);
    lacks(text, "…");
    free(text);
}

#define OTHER(id, severity)                                                                      \
    "{\"type\":\"finding\",\"pid\":1,\"id\":" #id ",\"kind\":\"handle\",\"verdict\":\"pinned\"," \
    "\"severity\":\"" severity "\",\"module\":5,\"message\":\"m\"}\n"

Test(table, has_a_row_for_each_module)
{
    char *text =
        render(HEADER MODULE HOST FINDING(1, 1, "warning", "") OTHER(2, "note") SUMMARY, false);

    has(text, "  module        errors  warnings     notes\n"
              "  libplug.so         0         1         0\n"
              "  host               0         0         1\n\n"
              "dlpin: 0 errors, 1 warning, 1 note;");
    free(text);
    text = render(HEADER MODULE FINDING(1, 1, "warning", "") SUMMARY, false);
    lacks(text, "  module ");
    free(text);
}
