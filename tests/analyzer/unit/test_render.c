// SPDX-License-Identifier: MIT
#include "render/location.h"
#include "render/finding_message.h"
#include "render/output.h"
#include "render/report.h"
#include "support.h"
#include "symbolize/symbolize.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

static char *render(renderer *function, const struct report *report, bool color)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    function(stream, report, color);
    fclose(stream);
    return text;
}

#define DATA \
    "{\"what\":\"data\",\"address\":\"0x9\",\"module\":2,\"offset\":1,\"symbol\":\"table\"}"
#define BLOCK                                                           \
    "{\"what\":\"block\",\"address\":\"0x9\",\"bytes\":24,\"owner\":2," \
    "\"frame\":{\"pc\":\"0x9\",\"module\":2,\"offset\":8,\"symbol\":\"f\"}}"
#define IMAGE                                                                              \
    "{\"what\":\"image\",\"address\":\"0x9\",\"module\":2,\"offset\":32,\"symbol\":\"g\"," \
    "\"target\":\"code\"}"

static struct model one_finding(void)
{
    struct model model = {0};

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(
                     1, 1, "warning",
                     ",\"count\":3,\"loads\":[1,2,3,7],\"growing\":true,\"bytes\":48,"
                     "\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8,\"symbol\":\"f\"}],"
                     "\"path\":[{\"from\":" DATA ",\"via\":8,\"to\":" BLOCK "},"
                     "{\"skipped\":5},"
                     "{\"from\":" BLOCK ",\"via\":0,\"to\":" BLOCK ",\"leaves\":true},"
                     "{\"from\":" BLOCK ",\"via\":16,\"to\":" IMAGE "}]") SUMMARY);
    symbolize_model(&model);
    return model;
}

Test(text, a_block_has_everything)
{
    struct model model = one_finding();
    const struct report report = {.model = &model};
    char *text = render(render_text, &report, false);

    cr_assert_str_eq(text, "warning: key: libplug.so: pthread key left by the module, "
                           "in f (libplug.so+0x8)\n"
                           "  left a key\n"
                           "  3 times, loads 1-3, 7, growing with each load, process 1: host\n"
                           "  growth: 3 in 7 loads\n"
                           "  created at:\n"
                           "    #0 f (libplug.so+0x8)\n"
                           "  reached by:\n"
                           "    table+0x8 in libplug.so\n"
                           "    -> a block of 24 bytes, made in f (libplug.so+0x8)\n"
                           "    … 5 more\n"
                           "    -> a block of 24 bytes, made in f (libplug.so+0x8), at +0x0\n"
                           "    -> a block of 24 bytes, made in f (libplug.so+0x8), at +0x10"
                           " <- the first that libplug.so made\n"
                           "    -> code: g (libplug.so+0x20)\n"
                           "\n"
                           "dlpin: 0 errors, 1 warning, 0 notes; 1 process, 1 module unloaded\n");
    free(text);
    model_free(&model);
}

static char *one_group(const char *more)
{
    char lines[2048];
    struct model model = {0};
    const struct report report = {.model = &model};

    snprintf(lines, sizeof lines, HEADER MODULE FINDING(1, 1, "warning", "%s") SUMMARY, more);
    SUPPORT_LOAD(&model, lines);
    char *text = render(render_text, &report, false);
    model_free(&model);
    return text;
}

Test(text, growth_and_sizes)
{
    static const struct {
        const char *more, *lines;
    } cases[] = {
        {",\"count\":5,\"loads\":[1,2,3,4,5],\"growing\":true,\"subject\":{\"keys_live\":5,"
         "\"keys_max\":1024}",
         "  5 times, loads 1-5, growing with each load, process 1: host\n"
         "  growth: 1 per load, 5 loads; 1019 loads until pthread_key_create fails\n"},
        {",\"count\":2,\"loads\":[1,2],\"growing\":true,\"bytes\":56,\"blocks\":1,\"subject\":{"
         "\"hanging_bytes\":504,\"hanging_blocks\":9}",
         "  2 times, loads 1, 2, growing with each load, process 1: host\n"
         "  growth: 1 per load, 2 loads; 560 bytes in 10 blocks lost each time\n"},
        {",\"count\":2,\"loads\":[1,2]", "  2 times, loads 1, 2, process 1: host\n\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = one_group(cases[i].more);
        cr_assert_not_null(strstr(text, cases[i].lines), "%s in %s", cases[i].lines, text);
        free(text);
    }
}

static char *one_path(const char *node)
{
    char lines[2048];
    struct model model = {0};
    const struct report report = {.model = &model};

    snprintf(lines, sizeof lines,
             HEADER MODULE FINDING(
                 1, 1, "warning", ",\"path\":[{\"from\":{%s},\"via\":0,\"to\":" IMAGE "}]") SUMMARY,
             node);
    SUPPORT_LOAD(&model, lines);
    symbolize_model(&model);
    char *text = render(render_text, &report, false);
    model_free(&model);
    return text;
}

Test(text, where_a_path_begins)
{
    static const struct {
        const char *node, *line;
    } roots[] = {
        {"\"what\":\"value\",\"key\":3,\"tid\":12,\"thread_name\":\"pool\"",
         "    the value of thread 12 \"pool\" for key 3\n"},
        {"\"what\":\"argument\",\"tid\":12", "    the start argument of thread 12\n"},
        {"\"what\":\"stack\",\"tid\":12,\"thread_name\":\"\"", "    the stack of thread 12\n"},
        {"\"what\":\"tls\",\"module\":2,\"symbol\":\"slot\",\"tid\":12",
         "    slot in libplug.so, of thread 12\n"},
        {"\"what\":\"data\",\"module\":2,\"address\":\"0x40\",\"offset\":8",
         "    data: ?? (libplug.so+0x8)\n"},
        {"\"what\":\"tls\",\"module\":2,\"address\":\"0x40\",\"tid\":12",
         "    data at 0x40 in libplug.so, of thread 12\n"},
        {"\"what\":\"mapping\",\"address\":\"0x40\"", "    memory at 0x40 that is not malloc's\n"},
        {"\"what\":\"later\",\"address\":\"0x40\"", "    later at 0x40\n"},
        {"\"what\":\"block\",\"address\":\"0x40\"", "    a block, at +0x0\n"},
    };

    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        char *text = one_path(roots[i].node);
        cr_assert_not_null(strstr(text, roots[i].line), "%s in %s", roots[i].line, text);
        free(text);
    }
}

/* A sentence of a finding about a thread with these points. */
static char *one_sentence(const char *points, const char *sentence)
{
    char lines[2048];
    struct model model = {0};
    char *text;

    snprintf(lines, sizeof lines, HEADER MODULE FINDING(1, 1, "error", ",\"subject\":{%s}") SUMMARY,
             points);
    SUPPORT_LOAD(&model, lines);
    symbolize_model(&model);
    text = message_text(model.groups->shown->data, sentence);
    model_free(&model);
    return text;
}

Test(message, code_of_the_library_has_its_name)
{
    static const char routine[] =
        "\"object\":\"thread\",\"function\":{\"pc\":\"0x9\",\"module\":2,\"offset\":32,"
        "\"symbol\":\"_ZNSt6thread3runEv\"}";
    char *named = one_sentence(routine, "runs a.so+0x20 (code of the C++ library), by way of b.so"),
         *other = one_sentence(routine, "runs a.so+0x21 (code of the C++ library)");

    cr_assert_str_eq(named, "runs std::thread::run() (a.so+0x20), by way of b.so");
    cr_assert_str_eq(other, "runs a.so+0x21 (code of the C++ library)");
    free(named);
    free(other);
}

Test(message, a_place_in_a_variable_is_by_entry_and_field)
{
    char symbol[] = "_ZN1a5tableE", part[] = "[1].open";
    struct frame variable = {.of = FRAME_OF_DATA, .part = part};
    struct path_node root = {.what = "data", .symbol = symbol, .via = 24, .variable = &variable};
    const struct finding_record data = {.retention_path = {&root, 1}};
    char *text = message_text(&data, "Clear the variable _ZN1a5tableE+0x18 in host.");

    cr_assert_str_eq(text, "Clear the variable a::table[1].open in host.");
    free(text);
    variable.part = NULL;
    text = message_text(&data, "Clear the variable _ZN1a5tableE+0x18 in host.");
    cr_assert_str_eq(text, "Clear the variable a::table+0x18 in host.");
    free(text);
}

Test(text, a_trampoline_without_a_name_is_left_out)
{
    static const char via[] = "\"via\":{\"pc\":\"0x9\",\"module\":2,\"offset\":32";
    char with[256], without[256], *text;

    snprintf(with, sizeof with, ",\"subject\":{%s,\"symbol\":\"f\"}}", via);
    snprintf(without, sizeof without, ",\"subject\":{%s}}", via);
    text = one_group(with);
    cr_assert_not_null(strstr(text, "  via: f ("));
    free(text);
    text = one_group(without);
    cr_assert_null(strstr(text, "via:"));
    free(text);
}

#define CRASH                                                                             \
    "{\"type\":\"crash\",\"pid\":1,\"time\":9,\"signal\":11,\"signal_name\":\"SIGSEGV\"," \
    "\"address\":\"0x9\",\"module\":2,\"offset\":8,\"symbol\":\"f\",\"predicted_by\":4,"  \
    "\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8,\"symbol\":\"f\"}]}\n"

static char *thread_stack(const char *subject)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char record[1024], *text;

    snprintf(record, sizeof record,
             HEADER MODULE "{\"type\":\"finding\",\"pid\":1,\"id\":1,\"kind\":\"thread-stack\","
                           "\"verdict\":\"dangling\",\"severity\":\"error\",\"module\":2,"
                           "\"message\":\"m\",\"stack\":[{\"pc\":\"0x9\"}]%s}\n",
             subject);
    SUPPORT_LOAD(&model, record);
    text = render(render_text, &report, false);
    model_free(&model);
    return text;
}

Test(text, the_stack_of_a_thread_is_where_it_is)
{
    char *text =
        thread_stack(",\"subject\":{\"returns_to\":{\"pc\":\"0x9\",\"module\":2,\"offset\":8}}");

    cr_assert_not_null(strstr(text, "  the thread is at:\n    #0 ?? (0x9)\n"));
    cr_assert_null(strstr(text, "created at"));
    free(text);
}

Test(text, the_stack_of_a_thread_on_the_modules_memory_is_where_it_was_created)
{
    char *text = thread_stack("");

    cr_assert_not_null(strstr(text, "  created at:\n    #0 ?? (0x9)\n"));
    cr_assert_null(strstr(text, "the thread is at"));
    free(text);
}

Test(text, what_an_object_leads_to_is_named)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text;

    SUPPORT_LOAD(&model,
                 HEADER MODULE "{\"type\":\"finding\",\"pid\":1,\"id\":1,\"kind\":\"robust-mutex\","
                               "\"verdict\":\"dangling\",\"severity\":\"error\",\"module\":2,"
                               "\"message\":\"m\",\"subject\":{\"object\":\"mutex\",\"function\":"
                               "{\"pc\":\"0x4009\",\"module\":2,\"offset\":16392,"
                               "\"symbol\":\"lock\"}}}\n");
    text = render(render_text, &report, false);
    cr_assert_not_null(strstr(text, "left locked: lock (libplug.so+0x4008)\n"), "%s", text);
    cr_assert_not_null(strstr(text, "  mutex: lock (libplug.so+0x4008)\n"), "%s", text);
    cr_assert_null(strstr(text, "function:"));
    free(text);
    model_free(&model);
}

Test(text, a_crash_comes_first)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text;

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 4, "error", "") CRASH);
    symbolize_model(&model);
    text = render(render_text, &report, false);
    cr_assert_str_eq(
        text, "crash: libplug.so (unloaded)\n"
              "  host (process 1) crashed with SIGSEGV in f (libplug.so+0x8), 0.000 s after "
              "libplug.so was\n  unloaded.\n"
              "  Predicted by this error (key):\n"
              "    left a key\n"
              "  died at:\n"
              "    #0 f (libplug.so+0x8)\n"
              "\n"
              "error: key: libplug.so: pthread key left by the module\n"
              "  left a key\n"
              "  1 time, load 1, process 1: host\n"
              "  it came true: process 1 crashed, see above\n"
              "\n"
              "dlpin: process 1 (host) crashed: the report has what was found until then\n"
              "dlpin: 1 crash, 1 error, 0 warnings, 0 notes; 1 process, 1 module unloaded\n");
    free(text);
    model_free(&model);
}

Test(text, a_crash_without_a_finding_is_not_clean)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text;

    SUPPORT_LOAD(&model, HEADER MODULE CRASH SUMMARY);
    text = render(render_text, &report, false);
    cr_assert_not_null(strstr(text, "  A finding predicted it that is not in the report.\n"));
    cr_assert_not_null(strstr(text, "dlpin: 1 crash, 0 errors, 0 warnings, 0 notes;"));
    cr_assert_null(strstr(text, "did not end normally"));
    free(text);
    model_free(&model);
}

Test(json, crashes_are_a_list)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    const char *signal, *function, *kind, *innermost;
    json_t *document;
    char *text;
    int id;

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 4, "error", "") CRASH);
    symbolize_model(&model);
    text = render(render_json, &report, false);
    document = json_loads(text, 0, NULL);
    cr_assert_eq(json_unpack(document, "{s:[{s:s, s:{s:s}, s:{s:i, s:s}, s:[{s:s}]}]}", "crashes",
                             "signal_name", &signal, "place", "function", &function, "predicted_by",
                             "id", &id, "kind", &kind, "stack", "function", &innermost),
                 0);
    cr_assert_str_eq(signal, "SIGSEGV");
    cr_assert_str_eq(function, "f");
    cr_assert_str_eq(innermost, "f");
    cr_assert_str_eq(kind, "key");
    cr_assert_eq(id, 4);
    json_decref(document);
    free(text);
    model_free(&model);
}

Test(text, colour_is_only_there_when_asked_for)
{
    struct model model = one_finding();
    const struct report report = {.model = &model};
    char *text = render(render_text, &report, true);

    cr_assert_eq(
        strncmp(text, "\033[33mwarning\033[0m: key", strlen("\033[33mwarning\033[0m: key")), 0);
    free(text);
    model_free(&model);
}

Test(text, clean_says_so)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text;

    SUPPORT_LOAD(&model, HEADER MODULE SUMMARY);
    text = render(render_text, &report, false);
    cr_assert_str_eq(text, "dlpin: clean: no findings; 1 process, 1 module unloaded\n");
    free(text);
    model_free(&model);
}

Test(text, nothing_is_not_clean)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text = render(render_text, &report, false);

    cr_assert_str_eq(text, "dlpin: nothing was seen\n");
    free(text);
}

Test(text, what_limits_the_report_is_said)
{
    struct model model = {0};
    const char *const remarks[] = {"host: statically linked"};
    const struct report report = {.model = &model, .remarks = remarks, .remark_count = 1};
    char *text;

    SUPPORT_LOAD(&model,
                 HEADER MODULE FINDING(1, 1, "error", "") "{\"type\":\"resolved\",\"pid\":1,"
                                                          "\"finding\":1}\n"
                                                          "{\"type\":\"coverage\",\"pid\":1,"
                                                          "\"hooks\":{\"heap\":false},"
                                                          "\"dropped\":{\"keys\":4},"
                                                          "\"unseen\":[\"static TLS\"]}\n");
    text = render(render_text, &report, false);
    cr_assert_not_null(strstr(text, "dlpin: host: statically linked\n"));
    cr_assert_not_null(strstr(text, "dlpin: not seen: static TLS\n"));
    cr_assert_not_null(strstr(text, "dlpin: not watched: heap\n"));
    cr_assert_not_null(strstr(text, "dlpin: dropped: 4 keys\n"));
    cr_assert_not_null(strstr(text, "1 finding was not true any more later"));
    cr_assert_not_null(strstr(text, "process 1 (host) did not end normally"));
    free(text);
    model_free(&model);
}

Test(text, a_gate_shows_only_what_fails_it)
{
    struct model model = one_finding();
    struct gate gate = {.from = SEVERITY_ERROR};
    const struct report report = {.model = &model, .gate = &gate, .only_gating = true};
    char *text = render(render_text, &report, false);

    cr_assert_eq(strncmp(text, "dlpin: 0 errors, 1 warning", 26), 0);
    free(text);
    model_free(&model);
}

Test(json, has_its_keys)
{
    struct model model = one_finding();
    const struct report report = {.model = &model};
    char *text = render(render_json, &report, false);
    json_t *document = json_loads(text, 0, NULL), *finding, *frame;
    const char *module, *path, *place;
    json_int_t count, line_count;

    cr_assert_not_null(document);
    finding = json_array_get(json_object_get(document, "findings"), 0);
    cr_assert_eq(json_unpack(finding, "{s:s, s:s, s:I, s:[I,I,I,I!]}", "module", &module,
                             "module_path", &path, "count", &count, "loads", &line_count,
                             &line_count, &line_count, &line_count),
                 0);
    cr_assert_str_eq(module, "libplug.so");
    cr_assert_str_eq(path, "/opt/libplug.so.1");
    cr_assert_eq(count, 3);
    cr_assert_eq(json_unpack(finding, "{s:{s:I, s:I, s:n}}", "growth", "loads", &count, "things",
                             &line_count, "bytes_per_load"),
                 0);
    cr_assert_eq(count, 7);
    cr_assert_eq(line_count, 3);
    frame = json_array_get(json_object_get(finding, "stack"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(frame, "function")), "f");
    cr_assert(json_is_null(json_object_get(frame, "line")));
    cr_assert_eq(json_unpack(finding, "{s:[{s:{s:{s:s}}}, o, {s:{s:{s:s}}}, {s:{s:s}}]}", "path",
                             "to", "frame", "function", &module, &frame, "from", "frame",
                             "function", &path, "to", "function", &place),
                 0);
    cr_assert_str_eq(module, "f");
    cr_assert_str_eq(path, "f");
    cr_assert_str_eq(place, "g");
    cr_assert_eq(
        json_integer_value(json_object_get(json_object_get(document, "counts"), "warning")), 1);
    json_decref(document);
    free(text);
    model_free(&model);
}

Test(json, is_a_document_even_of_nothing)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text = render(render_json, &report, false);
    json_t *document = json_loads(text, 0, NULL);

    cr_assert_eq(json_array_size(json_object_get(document, "findings")), 0);
    cr_assert(json_is_object(json_object_get(document, "coverage")));
    json_decref(document);
    free(text);
}

Test(output, arguments_are_checked, .init = cr_redirect_stderr)
{
    struct outputs outputs = {0};

    cr_assert_not(outputs_add_argument(&outputs, "json"));
    cr_assert_not(outputs_add_argument(&outputs, "json:"));
    cr_assert_not(outputs_add_argument(&outputs, "toml:/tmp/x"));
    cr_assert_eq(outputs.count, 0);
    cr_assert(outputs_add_argument(&outputs, "json:/nonexistent/a:b"));
    cr_assert_str_eq(outputs.items[0].path, "/nonexistent/a:b");
    cr_assert_not(outputs_open(&outputs));
    outputs_clear(&outputs);
}

Test(output, a_full_disk_is_no_success, .init = cr_redirect_stderr)
{
    struct model model = {0};
    const struct report report = {.model = &model};
    struct outputs outputs = {0};

    cr_assert(outputs_add_argument(&outputs, "json:/dev/full"));
    cr_assert(outputs_open(&outputs));
    cr_assert_not(outputs_write(&outputs, &report));
    outputs_clear(&outputs);
}

static struct frame frame_at(int64_t module, const char *source, int line)
{
    const char *path = strncmp(source, "/top/", 5) == 0 ? source + 5 : NULL;

    return (struct frame){.module = module, .source = (char *)source, .path = path, .line = line};
}

Test(source_root, has_a_path_by_either_name_of_it)
{
    char named[] = "/link", real[] = "/real";
    const struct source_root root = {.named = named, .real = real};
    static const struct {
        const char *source, *path;
    } cases[] = {
        {"/link/a.c", "a.c"},
        {"/real/src/a.c", "src/a.c"},
        {"src/a.c", "src/a.c"},
        {"/linked/a.c", NULL},
        {"/usr/include/a.h", NULL},
        {"../a.c", NULL},
        {"/real/../a.c", NULL},
        {"a/..", NULL},
        {"..a/b..c", "..a/b..c"},
        {"/link/", NULL},
        {"", NULL},
        {NULL, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = source_root_path(&root, cases[i].source);

        cr_expect_str_eq(path != NULL ? path : "", cases[i].path != NULL ? cases[i].path : "", "%s",
                         cases[i].source);
    }
}

Test(location, is_the_first_line_of_the_module)
{
    char folder[] = "/top";
    const struct source_root root = {.named = folder, .real = folder};
    struct frame stack[] = {frame_at(1, "/top/host.c", 1), frame_at(2, "/usr/include/x.h", 2),
                            frame_at(2, "/top/plugin.c", 3), frame_at(2, "/top/plugin.c", 4)};
    struct frame points[] = {frame_at(2, "/top/plugin.c", 5)};
    struct finding_record data = {
        .module = 2, .stack = stack, .stack_count = 4, .points = points, .point_count = 1};
    const struct finding finding = {.data = &data};

    cr_expect_eq(location_of_finding(&root, &finding).line, 3);
    data.stack_count = 2;
    cr_expect_eq(location_of_finding(&root, &finding).line, 5);
    data.point_count = 0;
    cr_expect_str_eq(location_of_finding(&root, &finding).path, "host.c");
    data.stack_count = 0;
    cr_expect_null(location_of_finding(&root, &finding).path);
}

/* Load 7 has no record: it left what loads 1 and 3 left. */
Test(leaks, a_line_for_each_load)
{
    static const char lines[] = "libplug.so, load 1 (unloaded): warning key, note key (48 bytes)\n"
                                "libplug.so, load 3 (unloaded): warning key\n"
                                "libplug.so, load 7 (unloaded): warning key\n\n";
    struct model model = {0};
    const struct report report = {.model = &model};
    char *text;

    SUPPORT_LOAD(&model, HEADER MODULE
                 "{\"type\":\"reloads\",\"pid\":1,\"module\":2,\"count\":6}\n" FINDING(
                     1, 1, "warning", ",\"signature\":\"a\",\"count\":3,\"loads\":[1,3,7]")
                     FINDING(1, 2, "note", ",\"signature\":\"b\",\"bytes\":48") SUMMARY);
    symbolize_model(&model);
    text = render(render_leaks, &report, false);
    cr_assert_eq(strncmp(text, lines, sizeof lines - 1), 0, "%s", text);
    free(text);
    model_free(&model);
}
