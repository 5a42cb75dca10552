// SPDX-License-Identifier: MIT
#include "modules/symbols.h"
#include "base/arena.h"
#include "base/calls.h"
#include "base/compiler.h"
#include "modules/elf_file.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { SECTIONS_MAX = 4096, TABLE_MAX = 64 << 20, NAMES_MAX = 16 << 20, BATCH = 512 };

/* The wanted address, and the best match so far. */
struct match {
    uintptr_t wanted;
    bool tls;
    uintptr_t value; /* of the symbol */
    uintptr_t size;
    uint32_t name; /* offset in its string table */
    off_t strings; /* where that table lies in the file */
};

/* A symbol with a size is better than a mere label. */
static bool is_better(const ElfW(Sym) * symbol, const struct match *match)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    bool is_kind = match->tls ? type == STT_TLS : type <= STT_FUNC;
    uintptr_t size = symbol->st_size ? symbol->st_size : 1;
    return is_kind && symbol->st_shndx != SHN_UNDEF && match->wanted >= symbol->st_value &&
           match->wanted - symbol->st_value < size && (symbol->st_size || !match->size);
}

typedef void symbol_visitor(const ElfW(Sym) * symbol, void *data);

static void each_symbol(const struct elf_file *file, const ElfW(Shdr) * table,
                        symbol_visitor *visit, void *data)
{
    ElfW(Sym) *batch = arena_alloc(BATCH * sizeof *batch); /* too much for a small stack */
    size_t left = batch && table->sh_size < TABLE_MAX ? table->sh_size / sizeof *batch : 0;
    off_t at = (off_t)table->sh_offset;
    while (left > 0) {
        size_t n = left < BATCH ? left : BATCH;
        if (!elf_file_read(file, batch, n * sizeof *batch, at))
            break;
        for (size_t i = 0; i < n; i++)
            visit(&batch[i], data);
        left -= n;
        at += (off_t)(n * sizeof *batch);
    }
    arena_free(batch, BATCH * sizeof *batch);
}

static void take_better(const ElfW(Sym) * symbol, void *data)
{
    struct match *match = data;
    if (!is_better(symbol, match))
        return;
    match->value = symbol->st_value;
    match->size = symbol->st_size;
    match->name = symbol->st_name;
}

/* A file has one table of each kind. */
static const ElfW(Shdr) * find_table(const ElfW(Shdr) * sections, unsigned count, unsigned type)
{
    for (unsigned i = 0; i < count; i++)
        if (sections[i].sh_type == type && sections[i].sh_link < count)
            return &sections[i];
    return NULL;
}

struct sections {
    ElfW(Shdr) * list; /* NULL: there are none, or they cannot be read */
    unsigned count;
};

static void sections_free(struct sections *sections)
{
    arena_free(sections->list, sections->count * sizeof *sections->list);
    sections->list = NULL;
}

static struct sections sections_read(const struct elf_file *file)
{
    unsigned count = file->header.e_shnum < SECTIONS_MAX ? file->header.e_shnum : SECTIONS_MAX;
    size_t size = count * sizeof(ElfW(Shdr));
    struct sections sections = {count ? arena_alloc(size) : NULL, count};
    if (sections.list && !elf_file_read(file, sections.list, size, (off_t)file->header.e_shoff))
        sections_free(&sections);
    return sections;
}

/* .symtab if there is one, which has static functions too; else .dynsym. */
static bool search(const struct elf_file *file, struct match *match)
{
    static const unsigned wanted[] = {SHT_SYMTAB, SHT_DYNSYM};
    struct sections sections = sections_read(file);
    for (size_t w = 0; w < ARRAY_SIZE(wanted) && sections.list && !match->name; w++) {
        const ElfW(Shdr) *table = find_table(sections.list, sections.count, wanted[w]);
        if (!table)
            continue;
        match->strings = (off_t)sections.list[table->sh_link].sh_offset;
        each_symbol(file, table, take_better, match);
    }
    sections_free(&sections);
    return match->name != 0;
}

struct imports {
    symbol_chooser *chosen;
    void *data;
    const char *names; /* with a NUL at the end */
    size_t size;
    bool found;
};

static void check_import(const ElfW(Sym) * symbol, void *data)
{
    struct imports *imports = data;
    if (symbol->st_shndx == SHN_UNDEF && symbol->st_name < imports->size && !imports->found)
        imports->found = imports->chosen(imports->names + symbol->st_name, imports->data);
}

static void search_imports(const struct elf_file *file, const struct sections *sections,
                           struct imports *imports)
{
    const ElfW(Shdr) *table = find_table(sections->list, sections->count, SHT_DYNSYM);
    const ElfW(Shdr) *strings = table ? &sections->list[table->sh_link] : NULL;
    imports->size = strings && strings->sh_size < NAMES_MAX ? strings->sh_size : 0;
    char *names = imports->size ? arena_alloc(imports->size + 1) : NULL;
    if (!names)
        return;
    imports->names = names;
    if (elf_file_read(file, names, imports->size, (off_t)strings->sh_offset))
        each_symbol(file, table, check_import, imports);
    arena_free(names, imports->size + 1);
}

bool symbol_any_import(const struct module *module, symbol_chooser *chosen, void *data)
{
    struct elf_file file;
    struct imports imports = {.chosen = chosen, .data = data};
    if (!elf_file_open(&file, module))
        return false;
    struct sections sections = sections_read(&file);
    if (sections.list)
        search_imports(&file, &sections, &imports);
    sections_free(&sections);
    elf_file_close(&file);
    return imports.found;
}

/* Not the sections that only say how large each thread's variables are. */
static bool has_address(const struct sections *sections, uintptr_t address)
{
    bool any = false;
    for (unsigned i = 0; i < sections->count; i++) {
        const ElfW(Shdr) *section = &sections->list[i];
        if (!(section->sh_flags & SHF_ALLOC) || section->sh_flags & SHF_TLS)
            continue;
        any = true;
        if (address - section->sh_addr < section->sh_size)
            return true;
    }
    return !any;
}

bool symbol_is_in_section(const struct module *module, uintptr_t address)
{
    struct elf_file file;
    if (!elf_file_open(&file, module))
        return true;
    struct sections sections = sections_read(&file);
    bool has = !sections.list || has_address(&sections, address - module->bias);
    sections_free(&sections);
    elf_file_close(&file);
    return has;
}

static bool read_name(const struct elf_file *file, const struct match *match, char *name)
{
    off_t offset;
    if (match->strings < 0 || __builtin_add_overflow(match->strings, (off_t)match->name, &offset))
        return false;
    long n = sys_call(SYS_pread64, file->fd, name, (size_t)SYMBOL_MAX - 1, offset);
    if (n <= 0)
        return false;
    name[n] = '\0';
    return name[0] != '\0';
}

static bool find(const struct module *module, struct match *match, char *name)
{
    struct elf_file file;
    if (!elf_file_open(&file, module))
        return false;
    bool found = search(&file, match) && read_name(&file, match, name);
    elf_file_close(&file);
    return found;
}

bool symbol_find(const struct module *module, uintptr_t address, char name[static SYMBOL_MAX])
{
    uintptr_t start;
    return symbol_find_start(module, address, name, &start);
}

bool symbol_find_start(const struct module *module, uintptr_t address, char name[static SYMBOL_MAX],
                       uintptr_t *start)
{
    struct match match = {.wanted = module ? address - module->bias : 0};
    bool found = module && find(module, &match, name);
    *start = found ? match.value + module->bias : 0;
    return found;
}

bool symbol_find_tls(const struct module *module, uintptr_t offset, char name[static SYMBOL_MAX],
                     uintptr_t *start)
{
    struct match match = {.wanted = offset, .tls = true};
    bool found = find(module, &match, name);
    *start = match.value;
    return found;
}
