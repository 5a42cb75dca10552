// SPDX-License-Identifier: MIT
/* The parts of `dlpin run` that can be tested without running anything. */
#include "run/elf_facts.h"
#include "run/environment.h"
#include "run/library.h"
#include "run/program.h"
#include "run/remarks.h"
#include "run/workdir.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *fixture(const char *variable)
{
    const char *path = getenv(variable);

    cr_assert_not_null(path, "%s is not set", variable);
    return path;
}

Test(environment, ours_comes_first_and_the_users_stays)
{
    char *preload;

    setenv("LD_PRELOAD", "libone.so libtwo.so", 1);
    preload = environment_preload("/x/libdlpin.so", NULL);
    cr_assert_str_eq(preload, "/x/libdlpin.so:libone.so libtwo.so");
    free(preload);
    preload = environment_preload("/x/libdlpin.so", "libasan.so.8");
    cr_assert_str_eq(preload, "libasan.so.8:/x/libdlpin.so:libone.so libtwo.so");
    free(preload);
    unsetenv("LD_PRELOAD");
    preload = environment_preload("/x/libdlpin.so", NULL);
    cr_assert_str_eq(preload, "/x/libdlpin.so");
    free(preload);
}

Test(environment, options_are_extended)
{
    char *options;

    setenv("DLPIN_OPTIONS", "verbosity=1", 1);
    options = environment_options(
        &(struct environment_choices){"quiet=0", false, "a,b*", "p-*.so=p.so,q-*=q"}, "/tmp/d");
    cr_assert_str_eq(options, "verbosity=1:quiet=1:log_empty=0:check_signal=32:trace_children=0:"
                              "trace_children_skip=\"a,b*\":alias=\"p-*.so=p.so,q-*=q\":quiet=0:"
                              "log_path=\"/tmp/d/dlpin.%p.%e\"");
    free(options);
    unsetenv("DLPIN_OPTIONS");
    options = environment_options(&(struct environment_choices){.trace_children = true}, "/tmp/d");
    cr_assert_str_eq(options,
                     "quiet=1:log_empty=0:check_signal=32:log_path=\"/tmp/d/dlpin.%p.%e\"");
    free(options);
}

Test(library, a_path_that_ld_preload_cannot_hold_is_refused, .init = cr_redirect_stderr)
{
    char directory[] = "/tmp/dlpin test.XXXXXX", path[64];
    char *found;

    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/libdlpin.so", directory);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    setenv("DLPIN_LIBRARY", path, 1);
    found = library_find();
    unlink(path);
    rmdir(directory);
    cr_assert_null(found);
}

Test(library, the_environment_names_it, .init = cr_redirect_stderr)
{
    char *found;

    setenv("DLPIN_LIBRARY", "/dev/../dev/null", 1);
    found = library_find();
    cr_assert_str_eq(found, "/dev/null");
    free(found);
    setenv("DLPIN_LIBRARY", "/nonexistent/libdlpin.so", 1);
    cr_assert_null(library_find());
}

Test(program, a_usual_one_has_no_limits)
{
    struct program program;

    program_inspect(&program, fixture("DLPIN_TEST_PLAIN"));
    cr_assert(program.is_elf);
    cr_assert_not(program.is_static);
    cr_assert_not(program.is_privileged);
    cr_assert_not(program.has_own_malloc);
    cr_assert_null(program.sanitizer);
    cr_assert_null(program.sanitizer_library);
    program_clear(&program);
}

Test(program, static_ones_are_known)
{
    struct program program;

    program_inspect(&program, fixture("DLPIN_TEST_STATIC"));
    cr_assert(program.is_static);
    program_clear(&program);
}

Test(program, own_malloc_is_known)
{
    struct program program;

    program_inspect(&program, fixture("DLPIN_TEST_OWN_MALLOC"));
    cr_assert(program.has_own_malloc);
    program_clear(&program);
}

Test(program, the_loader_is_not_taken_for_a_static_program)
{
    struct program program;

    program_inspect(&program, "/lib64/ld-linux-x86-64.so.2");
    if (!program.is_elf)
        cr_skip_test("no such loader here");
    cr_assert_not(program.is_static);
    program_clear(&program);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    fputs(text, file);
    fclose(file);
    chmod(path, 0700);
}

Test(program, a_script_is_its_interpreter)
{
    char directory[] = "/tmp/dlpin-test.XXXXXX", path[64], text[4200];
    struct program program;

    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/script", directory);
    snprintf(text, sizeof text, "#! %s  -x\n", fixture("DLPIN_TEST_STATIC"));
    if (strlen(text) > 250)
        cr_skip_test("the build directory's name is too long for an interpreter");
    write_file(path, text);
    program_inspect(&program, path);
    cr_assert(program.is_static);
    program_clear(&program);
    write_file(path, "echo without an interpreter line\n");
    program_inspect(&program, path);
    cr_assert_str_eq(program.path, "/bin/sh");
    program_clear(&program);
    write_file(path, "#!\n");
    program_inspect(&program, path);
    program_clear(&program);
    /* A script that is its own interpreter must not keep the search going for ever. */
    snprintf(text, sizeof text, "#!%s\n", path);
    write_file(path, text);
    program_inspect(&program, path);
    program_clear(&program);
    unlink(path);
    rmdir(directory);
}

Test(program, the_search_path_is_used)
{
    struct program program;

    setenv("PATH", "/nonexistent:/bin", 1);
    program_inspect(&program, "sh");
    cr_assert_str_eq(program.path, "/bin/sh");
    program_clear(&program);
    program_inspect(&program, "no-such-program-anywhere");
    cr_assert_null(program.path);
    program_clear(&program);
}

Test(program, set_user_id_is_known)
{
    char path[] = "/tmp/dlpin-test.XXXXXX";
    struct program program;
    struct statvfs mount;
    int descriptor = mkstemp(path);

    close(descriptor);
    if (getuid() != 0 || chown(path, 65534, 65534) != 0 || chmod(path, 04755) != 0) {
        unlink(path);
        cr_skip_test("needs root");
    }
    program_inspect_file(&program, path);
    unlink(path);
    if (statvfs("/tmp", &mount) == 0 && (mount.f_flag & ST_NOSUID) == 0 &&
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0)
        cr_assert(program.is_privileged);
    else
        cr_assert_not(program.is_privileged);
    program_clear(&program);
}

Test(remarks, blindness_is_said_and_hides_the_rest)
{
    const struct program library = {.is_elf = true, .elf_class = ELFCLASS64, .machine = EM_X86_64};
    const struct program program = {.is_elf = true,
                                    .elf_class = ELFCLASS32,
                                    .machine = EM_386,
                                    .is_static = true,
                                    .has_own_malloc = true};
    struct remarks remarks = {0};

    remarks_collect(&remarks, &program, "p", &library);
    cr_assert(remarks.blind);
    cr_assert_eq(remarks.count, 2);
    cr_assert_str_eq(remarks.items[1],
                     "p: of another architecture than libdlpin.so: nothing can be seen in it");
    remarks_clear(&remarks);
}

Test(remarks, a_usual_program_needs_none)
{
    const struct program library = {.is_elf = true}, program = {.is_elf = true};
    struct remarks remarks = {0};

    remarks_collect(&remarks, &program, "p", &library);
    cr_assert_eq(remarks.count, 0);
    remarks_clear(&remarks);
}

Test(sanitizers, are_known_by_library_and_symbol)
{
    cr_assert_str_eq(sanitizer_by_library("libasan.so.8")->name, "AddressSanitizer");
    cr_assert_str_eq(sanitizer_by_library("libclang_rt.asan-x86_64.so")->name, "AddressSanitizer");
    cr_assert_str_eq(sanitizer_by_symbol("__tsan_init")->name, "ThreadSanitizer");
    cr_assert(sanitizer_by_library("libubsan.so.1")->bears_us);
    cr_assert_null(sanitizer_by_library("libc.so.6"));
    cr_assert_null(sanitizer_by_symbol("malloc"));
}

Test(workdir, a_private_one_is_removed)
{
    struct workdir workdir;
    struct stat status;
    char *path, *file;

    cr_assert(workdir_open(&workdir, NULL));
    cr_assert_eq(stat(workdir.path, &status), 0);
    cr_assert_eq(status.st_mode & 07777, 01733);
    cr_assert_eq(stat(workdir.outer, &status), 0);
    cr_assert_eq(status.st_mode & 07777, 0711);
    path = strdup(workdir.outer);
    cr_assert(asprintf(&file, "%s/dlpin.1.x", workdir.path) > 0);
    write_file(file, "");
    workdir_close(&workdir);
    cr_assert_neq(stat(path, &status), 0);
    free(path);
    free(file);
}

Test(workdir, a_kept_one_tells_new_files_from_old)
{
    char directory[] = "/tmp/dlpin-test.XXXXXX", before[64], after[64];
    struct workdir workdir;
    char **files;
    size_t count;

    cr_assert_not_null(mkdtemp(directory));
    snprintf(before, sizeof before, "%s/before", directory);
    snprintf(after, sizeof after, "%s/after", directory);
    write_file(before, "");
    cr_assert(workdir_open(&workdir, directory));
    write_file(after, "");
    files = workdir_files(&workdir, &count);
    cr_assert_eq(count, 1);
    cr_assert_str_eq(files[0], after);
    workdir_free_files(files, count);
    workdir_close(&workdir);
    cr_assert_eq(unlink(before), 0);
    cr_assert_eq(unlink(after), 0);
    rmdir(directory);
}

Test(workdir, files_come_in_the_order_of_their_numbers)
{
    const char *const names[] = {"r.999", "r.1000", "r.1000.1"};
    char paths[3][PATH_MAX];
    struct workdir workdir;
    char **files;
    size_t count;

    cr_assert(workdir_open(&workdir, NULL));
    for (size_t i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s", workdir.path, names[i]);
        write_file(paths[i], "");
    }
    files = workdir_files(&workdir, &count);
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert_str_eq(files[i], paths[i]);
    workdir_free_files(files, count);
    workdir_close(&workdir);
}

Test(workdir, a_bad_one_is_refused, .init = cr_redirect_stderr)
{
    struct workdir workdir;

    cr_assert_not(workdir_open(&workdir, "/dev/null"));
    workdir_close(&workdir);
    cr_assert_not(workdir_open(&workdir, "/nonexistent/a"));
    workdir_close(&workdir);
    cr_assert_not(workdir_open(&workdir, "/tmp/dlpin%test"));
    rmdir("/tmp/dlpin%test");
    workdir_close(&workdir);
}
