// SPDX-License-Identifier: MIT
/* Opening what strangers name, and reading build IDs of it. */
#include "base/regular.h"
#include "symbolize/build_id.h"
#include "symbolize/limits.h"
#include "symbolize/separate.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUILD_ID "00112233445566778899aabbccddeeff00112233"

static char folder[] = "/tmp/dlpin-test.XXXXXX";

static void enter(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave(void)
{
    static const char *const names[] = {"file", "link", "fifo", "large"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
    rmdir(folder);
}

static void make_file(const char *name, off_t size)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    cr_assert(descriptor >= 0);
    cr_assert_eq(ftruncate(descriptor, size), 0);
    close(descriptor);
}

static int try(const char *name, int flags)
{
    struct stat status;
    int descriptor = regular_open(name, flags, &status);

    if (descriptor >= 0)
        close(descriptor);
    return descriptor >= 0 ? 0 : descriptor;
}

Test(regular, opens_files_and_nothing_else, .init = enter, .fini = leave)
{
    make_file("file", 3);
    cr_assert_eq(symlink("file", "link"), 0);
    cr_assert_eq(mkfifo("fifo", 0600), 0);
    cr_assert_eq(try("file", 0), 0);
    cr_assert_eq(try("link", 0), 0);
    cr_assert_eq(try("link", REGULAR_NO_FOLLOW), -ELOOP);
    cr_assert_eq(try("fifo", 0), -EMEDIUMTYPE);
    cr_assert_eq(try("fifo", REGULAR_OR_PIPE), -EMEDIUMTYPE);
    cr_assert_eq(try("/dev/null", REGULAR_OR_PIPE), -EMEDIUMTYPE);
    cr_assert_eq(try(".", 0), -EISDIR);
    cr_assert_eq(try("nothing", 0), -ENOENT);
}

Test(regular, a_file_without_end_is_too_large, .init = enter, .fini = leave)
{
    make_file("large", REGULAR_SIZE_MAX);
    cr_assert_eq(try("large", 0), 0);
    make_file("large", REGULAR_SIZE_MAX + 1);
    cr_assert_eq(try("large", 0), -EFBIG);
}

Test(regular, a_pipe_that_is_open_where_it_may_be)
{
    int ends[2];
    char path[64];

    cr_assert_eq(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    cr_assert_eq(try(path, REGULAR_OR_PIPE), 0);
    cr_assert_eq(try(path, 0), -EMEDIUMTYPE);
}

Test(limits, nothing_can_be_opened_while_sealed)
{
    int descriptor = memfd_create("open", MFD_CLOEXEC);
    char byte;

    limits_seal();
    limits_seal();
    cr_assert(open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
    cr_assert_eq(errno, EMFILE);
    cr_assert_eq(pread(descriptor, &byte, 1, 0), 0);
    limits_unseal();
    cr_assert(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

/* A file with one note, as segment and as section. */
struct tiny {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    Elf64_Shdr section;
    struct {
        Elf64_Nhdr header;
        char name[4];
        unsigned char id[20];
    } note;
};

static struct tiny make_tiny(void)
{
    struct tiny tiny = {
        .header = {.e_ident = ELFMAG, .e_phoff = offsetof(struct tiny, segment), .e_phnum = 1},
        .segment = {.p_type = PT_NOTE,
                    .p_offset = offsetof(struct tiny, note),
                    .p_filesz = sizeof tiny.note,
                    .p_align = 4},
        .section = {.sh_type = SHT_NOTE,
                    .sh_offset = offsetof(struct tiny, note),
                    .sh_size = sizeof tiny.note,
                    .sh_addralign = 4},
        .note = {.header = {4, 20, NT_GNU_BUILD_ID}, .name = "GNU"},
    };

    tiny.header.e_ident[EI_CLASS] = ELFCLASS64;
    tiny.header.e_ident[EI_DATA] = ELFDATA2LSB;
    for (int i = 0; i < 20; i++)
        tiny.note.id[i] = (unsigned char)(i % 16 * 17);
    return tiny;
}

static enum build_id compare(const void *bytes, size_t size, const char *expected)
{
    int descriptor = memfd_create("elf", MFD_CLOEXEC);
    enum build_id result;

    cr_assert_eq(write(descriptor, bytes, size), (ssize_t)size);
    result = build_id_compare(descriptor, expected);
    close(descriptor);
    return result;
}

Test(build_id, of_segments_and_of_sections)
{
    struct tiny tiny = make_tiny();

    cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_SAME);
    cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID "00"), BUILD_ID_OTHER);
    cr_assert_eq(compare(&tiny, sizeof tiny, "0011"), BUILD_ID_OTHER);
    cr_assert_eq(compare(&tiny, sizeof tiny, ""), BUILD_ID_OTHER);
    tiny.header.e_phnum = 0;
    cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_NONE);
    tiny.header.e_shoff = offsetof(struct tiny, section);
    tiny.header.e_shnum = 1;
    cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_SAME);
}

Test(build_id, of_what_is_cut_off_anywhere)
{
    struct tiny tiny = make_tiny();

    for (size_t size = 0; size < offsetof(struct tiny, note) + sizeof tiny.note; size++)
        cr_assert_eq(compare(&tiny, size, BUILD_ID),
                     size < sizeof tiny.header ? BUILD_ID_NO_ELF : BUILD_ID_NONE, "%zu", size);
}

Test(build_id, of_lying_sizes)
{
    static const uint64_t lies[] = {0,         1,          12,        13,        1 << 20,
                                    INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct tiny tiny = make_tiny();

        tiny.segment.p_filesz = lies[i];
        cr_assert_neq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_NO_ELF);
        tiny = make_tiny();
        tiny.segment.p_offset = lies[i];
        cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_NONE);
        tiny = make_tiny();
        tiny.header.e_phoff = lies[i];
        cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_NONE);
        tiny = make_tiny();
        tiny.note.header.n_namesz = (uint32_t)lies[i];
        cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_NONE);
        tiny = make_tiny();
        tiny.note.header.n_descsz = (uint32_t)lies[i];
        cr_assert_neq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_SAME);
        tiny = make_tiny();
        tiny.segment.p_align = lies[i];
        cr_assert_eq(compare(&tiny, sizeof tiny, BUILD_ID), BUILD_ID_SAME);
    }
}

Test(build_id, of_what_is_no_elf_file)
{
    cr_assert_eq(compare("", 0, ""), BUILD_ID_NO_ELF);
    cr_assert_eq(compare("\177ELF", 4, ""), BUILD_ID_NO_ELF);
    cr_assert_eq(compare("\037\213", 2, ""), BUILD_ID_NO_ELF);
}

Test(separate, a_link_is_a_name_and_no_path)
{
    struct stat status;

    cr_assert_lt(separate_open_link(NULL, "/usr/bin/x", "", "../../bin/sh", 0, &status), 0);
    cr_assert_lt(separate_open_link(NULL, "x", BUILD_ID, "y", 0, &status), 0);
    cr_assert_lt(separate_open_link(NULL, "/x", BUILD_ID, "", 0, &status), 0);
    cr_assert_lt(separate_open_by_id(NULL, "../../../../../etc/passwd", "", &status), 0);
}
