// SPDX-License-Identifier: MIT
#include "modules/elf_image.h"
#include "mutate.h"
#include "support.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>

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
    dl_iterate_phdr(find, &wanted);
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
    ElfW(Phdr) phdr[] = {{.p_type = PT_LOAD, .p_flags = PF_R, .p_memsz = size},
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

enum { PAGE = 4096, HEADERS_MAX = 16 };

/* A copy of what is loaded of the plug-in, with a page that cannot be read on each side. */
static struct {
    char *memory;
    size_t size;
    ElfW(Phdr) phdr[HEADERS_MAX];
    unsigned phnum;
} copied;

static void *loaded(uintptr_t offset)
{
    return copied.memory + offset;
}

static const ElfW(Phdr) * header_of(unsigned type)
{
    for (unsigned i = 0; i < copied.phnum; i++)
        if (copied.phdr[i].p_type == type)
            return &copied.phdr[i];
    cr_assert_fail("no header of type %u", type);
    return NULL;
}

/* The loader made an address of it. */
static void make_offsets(uintptr_t bias)
{
    const ElfW(Phdr) *p = header_of(PT_DYNAMIC);
    for (ElfW(Dyn) *entry = loaded(p->p_vaddr); entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_STRTAB && entry->d_un.d_ptr >= bias)
            entry->d_un.d_ptr -= bias;
}

static void copy_plugin(void)
{
    dlopen(support_library("plugin"), RTLD_NOW);
    struct elf_image image = image_of("/plugin.so");
    copied.size = (image.end - image.bias + PAGE - 1) & ~(size_t)(PAGE - 1);
    char *map = mmap(NULL, copied.size + 2L * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(map, MAP_FAILED);
    copied.memory = map + PAGE;
    copied.phnum = image.phnum < HEADERS_MAX ? image.phnum : HEADERS_MAX;
    memcpy(copied.phdr, image.phdr, copied.phnum * sizeof *copied.phdr);
    for (unsigned i = 0; i < copied.phnum; i++) {
        const ElfW(Phdr) *p = &copied.phdr[i];
        uintptr_t page = p->p_vaddr & ~(uintptr_t)(PAGE - 1);
        if (p->p_type != PT_LOAD)
            continue;
        cr_assert_eq(mprotect(loaded(page), p->p_vaddr + p->p_memsz - page, PROT_READ | PROT_WRITE),
                     0);
        memcpy(loaded(p->p_vaddr), (const void *)(image.bias + p->p_vaddr), p->p_memsz);
    }
    make_offsets(image.bias);
}

static struct elf_image read_copy(const ElfW(Phdr) * phdr)
{
    struct elf_image image;
    cr_assert(elf_image_read(&image, (uintptr_t)copied.memory, phdr, copied.phnum));
    cr_assert_leq(image.build_id_length, BUILD_ID_MAX);
    if (image.soname)
        cr_assert_leq((uintptr_t)image.soname + strlen(image.soname),
                      (uintptr_t)copied.memory + copied.size);
    return image;
}

/* The segments are where the loader put them; all else that the headers say may be wrong. */
static void damage_headers(ElfW(Phdr) * phdr)
{
    for (unsigned i = 0; i < copied.phnum; i++)
        if (phdr[i].p_type != PT_LOAD)
            mutate_bytes((unsigned char *)&phdr[i] + sizeof phdr[i].p_type,
                         sizeof phdr[i] - sizeof phdr[i].p_type);
}

TestSuite(damaged_image, .init = copy_plugin);

Test(damaged_image, without_damage)
{
    struct elf_image image = read_copy(copied.phdr);
    cr_assert_str_eq(image.soname, "plugin.so");
    cr_assert_eq(image.build_id_length, 20);
}

Test(damaged_image, mutations_are_survived)
{
    enum { ROUNDS = 20000 };
    const ElfW(Phdr) *dynamic = header_of(PT_DYNAMIC), *note = header_of(PT_NOTE);
    unsigned char kept_dynamic[1024], kept_note[256];
    size_t dynamic_size = dynamic->p_memsz, note_size = note->p_memsz;
    unsigned named = 0, unnamed = 0;
    cr_assert(dynamic_size <= sizeof kept_dynamic && note_size <= sizeof kept_note);
    memcpy(kept_dynamic, loaded(dynamic->p_vaddr), dynamic_size);
    memcpy(kept_note, loaded(note->p_vaddr), note_size);
    for (unsigned round = 0; round < ROUNDS; round++) {
        ElfW(Phdr) phdr[HEADERS_MAX];
        memcpy(phdr, copied.phdr, sizeof phdr);
        if (round % 3 == 0)
            damage_headers(phdr);
        if (round % 3 == 1)
            mutate_bytes(loaded(dynamic->p_vaddr), dynamic_size);
        if (round % 3 == 2)
            mutate_bytes(loaded(note->p_vaddr), note_size);
        struct elf_image image = read_copy(phdr);
        named += image.soname != NULL;
        unnamed += image.soname == NULL;
        memcpy(loaded(dynamic->p_vaddr), kept_dynamic, dynamic_size);
        memcpy(loaded(note->p_vaddr), kept_note, note_size);
    }
    cr_assert(named > ROUNDS / 10 && unnamed > ROUNDS / 100, "%u, %u", named, unnamed);
}

/* A table without an end, up to where the segment ends. */
Test(damaged_image, a_dynamic_section_without_end)
{
    const ElfW(Phdr) *p = header_of(PT_DYNAMIC);
    for (unsigned i = 0; i < copied.phnum; i++) {
        const ElfW(Phdr) *segment = &copied.phdr[i];
        if (segment->p_type == PT_LOAD && p->p_vaddr - segment->p_vaddr < segment->p_memsz)
            memset(loaded(p->p_vaddr), 0x7f, segment->p_vaddr + segment->p_memsz - p->p_vaddr);
    }
    cr_assert_null(read_copy(copied.phdr).soname);
}

static bool relro_of(uintptr_t address, size_t size, uintptr_t *start, uintptr_t *end)
{
    const ElfW(Phdr) phdr[] = {{.p_type = PT_LOAD, .p_vaddr = 0x1000, .p_memsz = 0x9000},
                               {.p_type = PT_GNU_RELRO, .p_vaddr = address, .p_memsz = size}};
    return elf_image_relro(phdr, 2, 0x700000, start, end);
}

Test(elf_image, relro_is_whole_pages)
{
    uintptr_t start, end;
    cr_assert(relro_of(0x3db8, 0x248, &start, &end));
    cr_assert(start == 0x703000 && end == 0x704000, "from the page in which it begins");
    cr_assert(relro_of(0x3db8, 0x1250, &start, &end));
    cr_assert(start == 0x703000 && end == 0x705000, "to before the one in which it ends");
    cr_assert_not(relro_of(0x3db8, 0x240, &start, &end), "it ends in the page where it begins");
    cr_assert_not(elf_image_relro(NULL, 0, 0x700000, &start, &end));
}
