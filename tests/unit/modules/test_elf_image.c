// SPDX-License-Identifier: MIT
#include "modules/elf_image.h"
#include "support.h"

#include <dlfcn.h>
#include <string.h>

struct wanted {
    const char *part;
    struct elf_image image;
    bool found;
};

static int find(struct dl_phdr_info *info, size_t size, void *data)
{
    struct wanted *wanted = data;
    if (!strstr(info->dlpi_name, wanted->part))
        return 0;
    wanted->found =
        elf_image_read(&wanted->image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum);
    return 1;
}

static struct elf_image image_of(const char *part)
{
    struct wanted wanted = {.part = part};
    __real_dl_iterate_phdr(find, &wanted);
    cr_assert(wanted.found);
    return wanted.image;
}

Test(elf_image, what_a_library_says)
{
    static const unsigned char id[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
                                       0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 0x11, 0x22, 0x33};
    void *handle = dlopen(support_library("plugin"), RTLD_NOW);
    struct elf_image image = image_of("/plugin.so");
    uintptr_t call = (uintptr_t)dlsym(handle, "plugin_call");
    uintptr_t data = (uintptr_t)dlsym(handle, "plugin_data");
    cr_assert(call >= image.start && call < image.end && data >= image.start && data < image.end);
    cr_assert_str_eq(image.soname, "plugin.so");
    cr_assert_eq(image.build_id_length, 20);
    cr_assert_eq(memcmp(image.build_id, id, 20), 0);
    cr_assert(elf_image_has_flags(image.phdr, image.phnum, call - image.bias, PF_R | PF_X));
    cr_assert_not(elf_image_has_flags(image.phdr, image.phnum, call - image.bias, PF_W));
    cr_assert(elf_image_has_flags(image.phdr, image.phnum, data - image.bias, PF_W));
    cr_assert_not(elf_image_has_flags(image.phdr, image.phnum, image.end - image.bias + 4096, 0));
    const ElfW(Sym) *symbol = elf_image_symbol(&image, "plugin_call");
    cr_assert_not_null(symbol);
    cr_assert_eq(image.bias + symbol->st_value, call);
    cr_assert_null(elf_image_symbol(&image, "plugin_nothing"));
    cr_assert_null(elf_image_symbol(&image, ""));
}

Test(elf_image, undefined_symbols_are_no_definitions)
{
    dlopen(support_library("caller"), RTLD_LAZY);
    struct elf_image image = image_of("/caller.so");
    cr_assert_not_null(elf_image_symbol(&image, "call_by_name"));
    cr_assert_null(elf_image_symbol(&image, "host_named"));
}

Test(elf_image, libc_and_the_vdso)
{
    struct elf_image image = image_of("libc.so");
    cr_assert_str_eq(image.soname, "libc.so.6");
    const ElfW(Sym) *symbol = elf_image_symbol(&image, "getpid");
    cr_assert_not_null(symbol);
    cr_assert_eq(image.bias + symbol->st_value, (uintptr_t)dlsym(RTLD_DEFAULT, "getpid"));
    image = image_of("vdso");
    cr_assert_not_null(image.soname);
    cr_assert_eq(strncmp(image.soname, "linux-", 6), 0);
}

Test(elf_image, no_segments)
{
    struct elf_image image;
    ElfW(Phdr) note = {.p_type = PT_GNU_STACK};
    cr_assert_not(elf_image_read(&image, 0x1000, &note, 1));
    cr_assert_not(elf_image_read(&image, 0x1000, NULL, 0));
    cr_assert_null(elf_image_symbol(&image, "x"));
}

static struct elf_image with_note(const void *bytes, size_t size)
{
    struct elf_image image;
    ElfW(Phdr) phdr[] = {{.p_type = PT_LOAD, .p_memsz = size},
                         {.p_type = PT_NOTE, .p_memsz = size, .p_filesz = size}};
    cr_assert(elf_image_read(&image, (uintptr_t)bytes, phdr, 2));
    return image;
}

Test(elf_image, damaged_notes)
{
    struct {
        ElfW(Nhdr) header;
        char name[4];
        char id[40];
    } note = {{4, 40, NT_GNU_BUILD_ID}, "GNU", "0123456789"};
    cr_assert_eq(with_note(&note, sizeof note).build_id_length, BUILD_ID_MAX, "cut to the room");
    cr_assert_eq(with_note(&note, sizeof note - 1).build_id_length, 0, "longer than its segment");
    cr_assert_eq(with_note(&note, 11).build_id_length, 0);
    note.header.n_descsz = 0x7fffffff;
    cr_assert_eq(with_note(&note, sizeof note).build_id_length, 0);
    note.header = (ElfW(Nhdr)){0xffffffff, 20, NT_GNU_BUILD_ID};
    cr_assert_eq(with_note(&note, sizeof note).build_id_length, 0);
    note.header = (ElfW(Nhdr)){4, 20, NT_GNU_ABI_TAG};
    cr_assert_eq(with_note(&note, sizeof note).build_id_length, 0, "another kind of note");
    note.header = (ElfW(Nhdr)){4, 0, NT_GNU_BUILD_ID};
    cr_assert_eq(with_note(&note, sizeof note).build_id_length, 0);
}

/* The size rounded up to a multiple of 4 does not fit into 32 bits. */
Test(elf_image, a_note_of_four_gigabytes)
{
    struct {
        ElfW(Nhdr) header;
        char name[4];
    } note = {{4, 0xffffffff, NT_GNU_BUILD_ID}, "GNU"};
    cr_assert_eq(with_note(&note, sizeof note).build_id_length, 0);
}
