// SPDX-License-Identifier: MIT
#include "run/elf_facts.h"

#include "base/memory.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* UBSan's run time is content with any place in the list, but its first place does no harm. */
static const char *const sanitizer_libraries[] = {
    "libasan.so*",  "libhwasan.so*", "libtsan.so*",           "liblsan.so*",
    "libubsan.so*", "libmsan.so*",   "libclang_rt.*san*.so*",
};

static const char *const sanitizer_starts[] = {
    "__asan_init", "__hwasan_init", "__tsan_init", "__msan_init", "__lsan_init",
};

static bool is_sanitizer_library(const char *name)
{
    for (size_t i = 0; i < sizeof sanitizer_libraries / sizeof *sanitizer_libraries; i++) {
        if (fnmatch(sanitizer_libraries[i], name, 0) == 0)
            return true;
    }
    return false;
}

static bool is_sanitizer_start(const char *name)
{
    for (size_t i = 0; i < sizeof sanitizer_starts / sizeof *sanitizer_starts; i++) {
        if (strcmp(sanitizer_starts[i], name) == 0)
            return true;
    }
    return false;
}

static void read_segments(struct elf_facts *facts, Elf *elf)
{
    size_t count = 0;

    if (elf_getphdrnum(elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;

        if (gelf_getphdr(elf, (int)i, &header) == NULL)
            return;
        facts->has_interpreter |= header.p_type == PT_INTERP;
    }
}

static void read_dynamic(struct elf_facts *facts, Elf *elf, const GElf_Shdr *section,
                         Elf_Data *data)
{
    size_t count = data->d_size / gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);

    for (size_t i = 0; i < count; i++) {
        GElf_Dyn entry;
        const char *name;

        if (gelf_getdyn(data, (int)i, &entry) == NULL)
            return;
        if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_SONAME)
            continue;
        name = elf_strptr(elf, section->sh_link, entry.d_un.d_val);
        if (name == NULL)
            continue;
        if (entry.d_tag == DT_SONAME)
            facts->is_loader |= strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld.so", 5) == 0;
        else if (facts->sanitizer_library == NULL && is_sanitizer_library(name))
            facts->sanitizer_library = memory_string(name);
    }
}

static void read_symbols(struct elf_facts *facts, Elf *elf, const GElf_Shdr *section,
                         Elf_Data *data)
{
    size_t count = data->d_size / gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);

    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name;

        if (gelf_getsym(data, (int)i, &symbol) == NULL)
            return;
        name = elf_strptr(elf, section->sh_link, symbol.st_name);
        if (symbol.st_shndx == SHN_UNDEF || name == NULL)
            continue;
        facts->defines_malloc |= strcmp(name, "malloc") == 0;
        facts->has_sanitizer |= is_sanitizer_start(name);
    }
}

static void read_sections(struct elf_facts *facts, Elf *elf)
{
    Elf_Scn *section = NULL;

    while ((section = elf_nextscn(elf, section)) != NULL) {
        GElf_Shdr header;
        Elf_Data *data;

        if (gelf_getshdr(section, &header) == NULL)
            continue;
        if (header.sh_type != SHT_DYNAMIC && header.sh_type != SHT_DYNSYM)
            continue;
        data = elf_getdata(section, NULL);
        if (data == NULL)
            continue;
        if (header.sh_type == SHT_DYNAMIC)
            read_dynamic(facts, elf, &header, data);
        else
            read_symbols(facts, elf, &header, data);
    }
}

void elf_facts_read(struct elf_facts *facts, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    GElf_Ehdr header;
    Elf *elf;

    memset(facts, 0, sizeof *facts);
    if (descriptor < 0)
        return;
    elf_version(EV_CURRENT);
    /* Read, not mapped: a file that is truncated meanwhile must not end this process with SIGBUS.
     */
    elf = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)
              ? elf_begin(descriptor, ELF_C_READ, NULL)
              : NULL;
    if (elf != NULL && gelf_getehdr(elf, &header) != NULL) {
        facts->is_elf = true;
        facts->elf_class = header.e_ident[EI_CLASS];
        facts->machine = header.e_machine;
        read_segments(facts, elf);
        read_sections(facts, elf);
    }
    if (elf != NULL)
        elf_end(elf);
    close(descriptor);
}
