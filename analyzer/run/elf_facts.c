// SPDX-License-Identifier: MIT
#include "run/elf_facts.h"

#include "base/memory.h"
#include "base/regular.h"

#include <gelf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_interpreter(struct elf_facts *facts, Elf *elf, const GElf_Phdr *header)
{
    Elf_Data *data =
        elf_getdata_rawchunk(elf, (int64_t)header->p_offset, header->p_filesz, ELF_T_BYTE);

    facts->has_interpreter = true;
    facts->is_musl = data != NULL && data->d_buf != NULL &&
                     memmem(data->d_buf, data->d_size, "ld-musl", strlen("ld-musl")) != NULL;
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
        if (header.p_type == PT_INTERP)
            read_interpreter(facts, elf, &header);
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
        else if (facts->sanitizer_library == NULL && sanitizer_by_library(name) != NULL) {
            facts->sanitizer = sanitizer_by_library(name);
            facts->sanitizer_library = memory_string(name);
        }
    }
}

/* Reads a symbol; dynamic: from the table that the loader sees. */
static void read_symbol(struct elf_facts *facts, const GElf_Sym *symbol, const char *name,
                        bool dynamic)
{
    bool defined = symbol->st_shndx != SHN_UNDEF;

    if (dynamic && defined && strcmp(name, "malloc") == 0)
        facts->defines_malloc = true;
    if (strcmp(name, SANITIZER_HOOK) == 0)
        facts->looks_for_sanitizer_hook = true;
    /* A weak reference only asks whether there is one. */
    if (facts->sanitizer == NULL && (defined || GELF_ST_BIND(symbol->st_info) == STB_GLOBAL))
        facts->sanitizer = sanitizer_by_symbol(name);
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
        if (name != NULL)
            read_symbol(facts, &symbol, name, section->sh_type == SHT_DYNSYM);
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
        if (header.sh_type != SHT_DYNAMIC && header.sh_type != SHT_DYNSYM &&
            header.sh_type != SHT_SYMTAB)
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
    struct stat status;
    int descriptor = regular_open(path, 0, &status);
    GElf_Ehdr header;
    Elf *elf;

    memset(facts, 0, sizeof *facts);
    if (descriptor < 0)
        return;
    elf_version(EV_CURRENT);
    /* Read, not mapped: a file that is truncated meanwhile must not end this process with SIGBUS.
     */
    elf = elf_begin(descriptor, ELF_C_READ, NULL);
    if (elf != NULL && gelf_getehdr(elf, &header) != NULL) {
        facts->is_elf = true;
        facts->elf_class = header.e_ident[EI_CLASS];
        facts->machine = header.e_machine;
        read_segments(facts, elf);
        read_sections(facts, elf);
        if (facts->sanitizer == NULL && facts->defines_malloc && facts->looks_for_sanitizer_hook)
            facts->sanitizer = &sanitizer_unknown;
    }
    if (elf != NULL)
        elf_end(elf);
    close(descriptor);
}
