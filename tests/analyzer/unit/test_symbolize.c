// SPDX-License-Identifier: MIT
/* places.cpp is the fixture: linked with a known build ID, next to a twin with another one. */
#include "symbolize/demangle.h"
#include "symbolize/image.h"
#include "symbolize/source_path.h"
#include "symbolize/source_root.h"
#include "symbolize/symbolize.h"
#include "symbolize/worker.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUILD_ID "00112233445566778899aabbccddeeff00112233"
#define OTHER_BUILD_ID "ffeeddccbbaa99887766554433221100ffeeddcc"

Test(source_root, finds_parts_that_climb)
{
    static const char *const climbing[] = {"..", "../a", "a/..", "a/../b"};
    static const char *const staying[] = {"", "a", "a/", "..a", "a/..b/c", "a/b.."};

    for (size_t i = 0; i < sizeof climbing / sizeof *climbing; i++)
        cr_assert(source_root_climbs(climbing[i]), "%s", climbing[i]);
    for (size_t i = 0; i < sizeof staying / sizeof *staying; i++)
        cr_assert(!source_root_climbs(staying[i]), "%s", staying[i]);
}

static const char *fixture(const char *variable)
{
    const char *path = getenv(variable);

    cr_assert_not_null(path, "%s is not set", variable);
    return path;
}

/* The virtual address in the file of a function of the fixture. */
static uint64_t address_of(const char *path, const char *symbol)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    Dl_info info;
    uint64_t address;

    cr_assert_not_null(handle, "%s", dlerror());
    cr_assert(dladdr(dlsym(handle, symbol), &info));
    address = (uint64_t)((char *)info.dli_saddr - (char *)info.dli_fbase);
    dlclose(handle);
    return address;
}

/* Borrows its arguments until the image is closed. */
static struct image *open_image(const char *path, const char *build_id, const char *started)
{
    static struct image_file file;

    file = (struct image_file){NULL, path, build_id, started};
    return image_open(&file);
}

static struct frame look_up(const char *path, const char *build_id, const char *started,
                            uint64_t address)
{
    struct frame found = {0};
    struct image *image = open_image(path, build_id, started);

    image_lookup(image, address, &found);
    image_close(image);
    return found;
}

Test(demangle, knows_cxx_rust_and_d_and_leaves_c_alone)
{
    static const char *const pairs[][2] = {
        {"_ZN4plug6worker3runEi", "plug::worker::run(int)"},
        {"_RNvC6_123foo3bar", "123foo::bar"},
        {"_ZN4plug4init17h05af221e174051e9E", "plug::init"},
        {"_ZN54_$LT$plug..Worker$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE",
         "<plug::Worker as core::ops::drop::Drop>::drop"},
        {"_RNvMs_CsbmNqQUJIY6D_4plugNtB4_6Worker3run", "<plug::Worker>::run"},
        {"_D4plug6worker3runFiZv", "plug.worker.run(int)"},
        {"_D4plug6Worker6__dtorMFZv", "plug.Worker.~this()"},
        {"_Dmain", "D main"},
        {"_DYNAMIC", "_DYNAMIC"},
        {"main", "main"},
        {"_start", "_start"},
        {"_Z", "_Z"},
        {"puts@@GLIBC_2.2.5", "puts"},
        {"_ZNSt6vectorIiE4dataEv@LIB_1", "std::vector<int>::data()"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *plain = demangle(pairs[i][0]);

        cr_assert_str_eq(plain, pairs[i][1]);
        free(plain);
    }
}

/* Each reference stands for the one before it twice. */
Test(demangle, a_name_of_d_that_stands_for_terabytes_stays)
{
    char *name = NULL, *plain;
    size_t size, last;
    FILE *out = open_memstream(&name, &size);

    fputs("_D1fF", out);
    fflush(out);
    last = size;
    fputs("PFiiZv", out);
    for (int i = 0; i < 40; i++) {
        size_t here;

        fflush(out);
        here = size;
        fputs("PF", out);
        for (int reference = 0; reference < 2; reference++) {
            size_t distance;
            char digits[8];
            int count = 0;

            fputc('Q', out);
            fflush(out);
            distance = size - 1 - last;
            digits[count++] = (char)('a' + distance % 26);
            while ((distance /= 26) > 0)
                digits[count++] = (char)('A' + distance % 26);
            while (count > 0)
                fputc(digits[--count], out);
        }
        fputs("Zv", out);
        last = here;
    }
    fputs("Zv", out);
    fclose(out);
    plain = demangle(name);
    cr_assert_str_eq(plain, name);
    free(plain);
    free(name);
}

Test(demangle, names_in_a_sentence)
{
    char *plain =
        demangle_text("thread 5 runs _ZN4plug6worker3runEi (a.so+0x1), by way of _start.");

    cr_assert_str_eq(plain, "thread 5 runs plug::worker::run(int) (a.so+0x1), by way of _start.");
    free(plain);
    plain = demangle_text("for the object _ZN12_GLOBAL__N_17sessionE. Its 16 KB");
    cr_assert_str_eq(plain, "for the object (anonymous namespace)::session. Its 16 KB");
    free(plain);
    plain = demangle_text("");
    cr_assert_str_eq(plain, "");
    free(plain);
}

Test(demangle, an_endless_name_ends)
{
    char *name = malloc(1 << 20);
    char *plain;

    memset(name, 'P', (1 << 20) - 1);
    memcpy(name, "_Z1f", 4);
    name[(1 << 20) - 1] = '\0';
    plain = demangle(name);
    cr_assert_str_eq(plain, name);
    free(plain);
    name[4000] = '\0';
    free(demangle(name));
    free(name);
}

/* A name whose parts stand for twice as much as the ones before them: 2^60 bytes and more. */
static char *doubled(const char *beginning, int times)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char *name = NULL, last[8] = "S1_";
    size_t size;
    FILE *out = open_memstream(&name, &size);

    fprintf(out, "%s_Z1f1A1BIS_S_E", beginning);
    for (int i = 2; i < times + 2; i++) {
        fprintf(out, "S0_I%s%sE", last, last);
        snprintf(last, sizeof last, i < 36 ? "S%.1s_" : "S1%.1s_", &digits[i % 36]);
    }
    fclose(out);
    return name;
}

Test(demangle, a_name_that_stands_for_terabytes_stays)
{
    char *name = doubled("", 60), *small = doubled("", 3), *plain = demangle(name);

    cr_assert_str_eq(plain, name);
    free(plain);
    plain = demangle_text(name);
    cr_assert_str_eq(plain, name);
    free(plain);
    plain = demangle(small);
    cr_assert_eq(strncmp(plain, "f(A, B<A, A>, B<", 16), 0, "%s", plain);
    free(plain);
    free(small);
    free(name);
}

Test(demangle, a_sentence_of_long_names_does_not_grow_without_end)
{
    enum { WORDS = 200 };
    char *word = doubled(" ", 7), *sentence = calloc(WORDS, strlen(word) + 1), *plain;

    for (int i = 0; i < WORDS; i++)
        strcat(sentence, word);
    plain = demangle_text(sentence);
    cr_assert_gt(strlen(plain), strlen(sentence));
    cr_assert_lt(strlen(plain), strlen(sentence) + (100 << 10));
    free(plain);
    free(sentence);
    free(word);
}

Test(source_path, is_absolute_and_tidy)
{
    static const char *const rows[][3] = {
        {"/a/b.c", "/build", "/a/b.c"},
        {"b.c", "/build", "/build/b.c"},
        {"../../src/b.c", "/x/build", "/src/b.c"},
        {"./sub/.././b.c", "/x//build/", "/x/build/b.c"},
        {"../../../../b.c", "/x", "/b.c"},
        {"../src/b.c", NULL, "../src/b.c"},
        {"./elf/b.c", "./elf", "./elf/b.c"},
        {"/..", NULL, ""},
        {"", NULL, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *path = source_path(rows[i][0], rows[i][1]);

        cr_assert_str_eq(path, rows[i][2]);
        free(path);
    }
}

Test(image, function_file_and_line)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    struct frame found = look_up(path, BUILD_ID, "", address_of(path, "_ZN4plug6worker3runEi") + 1);

    cr_assert_str_eq(found.function, "plug::worker::run(int)");
    cr_assert_not_null(found.source);
    cr_assert_eq(found.source[0], '/');
    cr_assert_null(strstr(found.source, "/../"));
    cr_assert_str_eq(strrchr(found.source, '/') + 1, "places.cpp");
    cr_assert(found.line >= 11 && found.line <= 12, "line %d", found.line);
    frame_clear(&found);
}

Test(image, what_was_inlined_does_not_lend_its_line_to_the_function)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    uint64_t start = address_of(path, "places_outer");
    int innermost = 0, own = 0;

    for (uint64_t offset = 0; offset < 64; offset++) {
        struct frame found = look_up(path, BUILD_ID, "", start + offset);

        if (found.function != NULL && strcmp(found.function, "places_outer") == 0) {
            innermost += found.line >= 24 && found.line <= 26;
            own += found.line == 32;
        }
        frame_clear(&found);
    }
    cr_assert_eq(innermost, 0);
    cr_assert_gt(own, 0);
}

/* Each function has the line where it calls the one that is inlined into it. */
Test(image, what_was_inlined_is_there_too)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    uint64_t start = address_of(path, "places_nested");
    int nested = 0;

    for (uint64_t offset = 0; offset < 96; offset++) {
        struct frame found = look_up(path, BUILD_ID, "", start + offset);

        if (found.function != NULL && strcmp(found.function, "places_nested") == 0 &&
            found.inlined_count == 2) {
            cr_assert_str_eq(found.inlined[0].function, "inner");
            cr_assert(found.inlined[0].line >= 24 && found.inlined[0].line <= 26);
            cr_assert_str_eq(found.inlined[1].function, "middle");
            cr_assert_eq(found.inlined[1].line, 39);
            cr_assert_eq(found.line, 46);
            nested++;
        }
        frame_clear(&found);
    }
    cr_assert_gt(nested, 0);
}

/* Of code at its first instruction: the function itself, not the line after it or before it. */
Test(image, a_function_is_where_it_begins)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    struct frame found = look_up(path, BUILD_ID, "", address_of(path, "places_outer"));

    cr_assert_str_eq(found.function, "places_outer");
    cr_assert_eq(found.line, 29);
    frame_clear(&found);
}

/* How the places in variables.cpp are called, behind the names of the variables. */
static const char *const parts[] = {
    "[0].name",     "[1].open",
    "[1].open+0x4", ".drivers[1][2].open",
    "+0x60",        "+0x68",
    ".inner.open",  "+0x8",
    ".own[1].name", ".of_base.open",
    "+0x1c",        "[1].open",
    "[1].open",     "",
    "[1].open",     "",
    "[0]",
};

Test(image, entries_and_fields_of_variables)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    struct image *image = open_image(path, BUILD_ID, "");
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *const *places = dlsym(handle, "variables_places");
    Dl_info info;

    cr_assert(dladdr(places, &info));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct frame found = {.of = FRAME_OF_DATA};
        uint64_t address = (uint64_t)((char *)places[i] - (char *)info.dli_fbase);

        image_lookup(image, address, &found);
        cr_expect_str_eq(found.part != NULL ? found.part : "(none)", parts[i], "place %zu: %s", i,
                         found.part);
        cr_expect_null(found.function);
        frame_clear(&found);
    }
    dlclose(handle);
    image_close(image);
}

Test(image, entries_and_fields_of_thread_local_variables)
{
    struct image *image = open_image(fixture("DLPIN_TEST_PLACES"), BUILD_ID, "");
    struct frame found = {.of = FRAME_OF_TLS}, outside = {.of = FRAME_OF_TLS};

    image_lookup(image, 24, &found);
    image_lookup(image, 4096, &outside);
    cr_assert_str_eq(found.part, "[1].open");
    cr_assert_null(outside.part);
    frame_clear(&found);
    image_close(image);
}

Test(image, a_replaced_file_gives_no_names)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    struct frame found = look_up(path, OTHER_BUILD_ID, "", address_of(path, "places_run"));

    cr_assert_null(found.function);
    cr_assert_null(found.source);
}

Test(image, build_ids_compare_whole)
{
    const char *path = fixture("DLPIN_TEST_PLACES");

    cr_assert_null(open_image(path, "0011", ""));
    cr_assert_null(open_image(path, BUILD_ID "00", ""));
    cr_assert_null(open_image(path, "../../../../etc/passwd", ""));
}

Test(image, without_a_build_id_the_time_decides)
{
    const char *path = fixture("DLPIN_TEST_PLACES_NO_ID");
    uint64_t address = address_of(path, "places_run");
    struct frame found = look_up(path, "", "2099-01-01T00:00:00.123+01:00", address);

    cr_assert_str_eq(found.function, "places_run");
    frame_clear(&found);
    found = look_up(path, "", "2001-01-01T00:00:00Z", address);
    cr_assert_null(found.function, "a file changed after the start");
    found = look_up(path, "", "", address);
    cr_assert_null(found.function, "a start that is not known");
    cr_assert_null(open_image(fixture("DLPIN_TEST_PLACES"), "", "2099-01-01T00:00:00Z"),
                   "a file with a build ID where there was none");
}

Test(image, a_file_that_is_missing_or_no_elf_gives_nothing)
{
    cr_assert_null(open_image("/nonexistent", BUILD_ID, ""));
    cr_assert_null(open_image("/dev/null", BUILD_ID, ""));
    cr_assert_null(open_image("/etc/passwd", BUILD_ID, ""));
    cr_assert_null(open_image("/", BUILD_ID, ""));
    cr_assert_null(open_image("linux-vdso.so.1", BUILD_ID, ""));
    image_close(NULL);
}

/* Wherever debug symbols of the C library are installed, they are found by their build ID alone. */
Test(image, a_separate_debug_file_is_found_by_build_id)
{
    struct image *image;
    char build_id[64], command[256];
    struct frame found;
    FILE *pipe;
    Dl_info info;

    snprintf(command, sizeof command, "readelf -n %s | sed -n 's/.*Build ID: //p'",
             dladdr((void *)puts, &info) ? info.dli_fname : "");
    pipe = popen(command, "re");
    if (pipe == NULL || fscanf(pipe, "%63s", build_id) != 1)
        cr_skip_test("no build ID of the C library");
    pclose(pipe);
    image = open_image("/nonexistent", build_id, "");
    if (image == NULL)
        cr_skip_test("no debug symbols of the C library");
    image_close(image);
    found = look_up("/nonexistent", build_id, "",
                    (uint64_t)((char *)info.dli_saddr - (char *)info.dli_fbase) + 1);
    cr_assert_not_null(found.function);
    cr_assert_not_null(strstr(found.function, "puts"), "%s", found.function);
    cr_assert_not_null(found.source);
    frame_clear(&found);
}

static struct frame look_up_in_worker(double *seconds)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    const struct image_file file = {NULL, path, BUILD_ID, ""};
    struct frame found = {0};
    const struct lookup lookup = {address_of(path, "places_run") + 1, &found};

    worker_look_up(&file, &lookup, 1, seconds);
    return found;
}

Test(worker, finds_what_an_image_finds_and_says_what_time_it_took)
{
    double seconds = 100;
    struct frame found = look_up_in_worker(&seconds);

    cr_assert_str_eq(found.function, "places_run");
    cr_assert_not_null(found.source);
    cr_assert_gt(found.line, 0);
    cr_assert_lt(seconds, 100);
    frame_clear(&found);
}

Test(worker, finds_nothing_when_no_time_is_left, .init = cr_redirect_stderr)
{
    double seconds = 0;
    struct frame found = look_up_in_worker(&seconds);

    cr_assert_null(found.function);
    cr_assert_null(found.source);
}

/* Whoever starts dlpin may ignore the signal: then nothing is left to wait for. */
Test(worker, does_without_the_end_of_its_child)
{
    double seconds = 100;
    struct frame found;

    signal(SIGCHLD, SIG_IGN);
    found = look_up_in_worker(&seconds);
    cr_assert_str_eq(found.function, "places_run");
    frame_clear(&found);
}

#define FRAME(more) \
    ",\"stack\":[{\"pc\":\"0x1\",\"module\":2,\"offset\":1,\"symbol\":\"_ZN1a1bEv\"}]" more

Test(symbolize, the_shims_own_name_stays_where_there_is_no_file)
{
    struct model model = {0};
    const struct frame *frame;

    SUPPORT_LOAD(&model, HEADER MODULE FINDING(1, 1, "note", FRAME("")));
    symbolize_model(&model);
    frame = &model.groups->shown->data->stack[0];
    cr_assert_str_eq(frame->function, "a::b()");
    cr_assert_null(frame->source);
    model_free(&model);
}

Test(symbolize, a_return_address_belongs_to_the_call_before_it)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    uint64_t address = address_of(path, "places_run");
    struct model model = {0};
    const struct finding_record *data;
    char *text;

    /* The first byte of places_run as a return address is the end of what lies before it. */
    cr_assert(asprintf(&text,
                       HEADER "{\"type\":\"module\",\"pid\":1,\"id\":2,\"path\":\"%s\","
                              "\"build_id\":\"" BUILD_ID "\",\"state\":\"unloaded\"}\n" FINDING(
                                  1, 1, "note",
                                  ",\"subject\":{\"function\":{\"pc\":\"0x1\",\"module\":2,"
                                  "\"offset\":%lu}},\"stack\":[{\"pc\":\"0x1\",\"module\":2,"
                                  "\"offset\":%lu}]"),
                       path, (unsigned long)address, (unsigned long)address) > 0);
    SUPPORT_LOAD(&model, text);
    symbolize_model(&model);
    data = model.groups->shown->data;
    cr_assert_str_eq(data->points[0].function, "places_run");
    cr_assert(data->stack[0].function == NULL ||
              strcmp(data->stack[0].function, "places_run") != 0);
    model_free(&model);
    free(text);
}

Test(symbolize, a_variable_without_a_name_is_looked_up)
{
    const char *path = fixture("DLPIN_TEST_PLACES");
    struct model model = {0};
    const struct path_node *nodes;
    char *text;

    cr_assert(asprintf(&text,
                       HEADER "{\"type\":\"module\",\"pid\":1,\"id\":2,\"path\":\"%s\","
                              "\"build_id\":\"" BUILD_ID "\",\"state\":\"loaded\"}\n" FINDING(
                                  1, 1, "note",
                                  ",\"path\":[{\"from\":{\"what\":\"data\",\"address\":\"0x1\","
                                  "\"module\":2,\"offset\":%lu},\"via\":0,\"to\":{\"what\":"
                                  "\"block\",\"address\":\"0x2\"}}]"),
                       path, (unsigned long)address_of(path, "places_run")) > 0);
    SUPPORT_LOAD(&model, text);
    symbolize_model(&model);
    nodes = model.groups->shown->data->retention_path.nodes;
    cr_assert_not_null(nodes);
    cr_assert_str_eq(nodes[0].frame->function, "places_run");
    cr_assert_null(nodes[1].frame);
    model_free(&model);
    free(text);
}
