// SPDX-License-Identifier: MIT
#include "modules/symbols.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A module at load bias 0 whose file is ./file. */
static struct module module = {.path = NULL};
static unsigned char *content;
static size_t length;
static uintptr_t routine; /* of plugin_routine in the file */
static char name[SYMBOL_MAX];

static void put(void)
{
    int fd = open(module.path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    cr_assert(fd >= 0 && write(fd, content, length) == (ssize_t)length);
    close(fd);
}

static bool ask(void)
{
    memset(name, 'x', sizeof name);
    return symbol_find(&module, routine + 1, name);
}

static void load(void)
{
    static char path[4200];
    struct stat st;
    support_start();
    struct plugin plugin = support_open("plugin");
    routine = (uintptr_t)plugin.routine - plugin.module->bias;
    memcpy(module.build_id, plugin.module->build_id, BUILD_ID_MAX);
    module.build_id_length = plugin.module->build_id_length;
    snprintf(path, sizeof path, "%s/file", support_directory());
    module.path = path;
    int fd = open(support_library("plugin"), O_RDONLY);
    cr_assert_eq(fstat(fd, &st), 0);
    length = (size_t)st.st_size;
    content = malloc(length + 4096);
    cr_assert_eq(read(fd, content, length), (ssize_t)length);
    close(fd);
    put();
}

TestSuite(symbols, .init = load);

static ElfW(Ehdr) * header(void)
{
    return (ElfW(Ehdr) *)(void *)content;
}

static ElfW(Shdr) * section(unsigned type)
{
    ElfW(Shdr) *sections = (ElfW(Shdr) *)(void *)(content + header()->e_shoff);
    for (unsigned i = 0; i < header()->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    cr_assert_fail("no section of type %u", type);
    return NULL;
}

Test(symbols, a_function_by_any_of_its_addresses)
{
    cr_assert(ask());
    cr_assert_str_eq(name, "plugin_routine");
    cr_assert(symbol_find(&module, routine, name));
    cr_assert_str_eq(name, "plugin_routine");
    cr_assert_not(symbol_find(&module, 1, name));
    cr_assert_not(symbol_find(&module, UINTPTR_MAX, name));
}

Test(symbols, without_symtab_the_dynamic_symbols)
{
    section(SHT_SYMTAB)->sh_type = SHT_PROGBITS;
    put();
    cr_assert(ask());
    cr_assert_str_eq(name, "plugin_routine");
}

Test(symbols, a_file_with_another_build_id_is_not_believed)
{
    module.build_id[3] ^= 1;
    cr_assert_not(ask());
    module.build_id[3] ^= 1;
    cr_assert(ask());
    module.build_id_length = 0;
    cr_assert_not(ask(), "nothing to know it by");
}

Test(symbols, files_that_are_none)
{
    cr_assert_not(symbol_find(NULL, routine, name));
    unlink(module.path);
    cr_assert_not(ask(), "missing");
    mkdir(module.path, 0700);
    cr_assert_not(ask(), "a directory");
    rmdir(module.path);
    mkfifo(module.path, 0600);
    cr_assert_not(ask(), "a pipe that nobody writes to");
    unlink(module.path);
    module.path = "linux-vdso.so.1";
    cr_assert_not(ask());
}

Test(symbols, cut_off_files)
{
    size_t whole = length;
    for (size_t cut = 0; cut < whole; cut += cut < 1024 ? 1 : 61) {
        length = cut;
        put();
        if (ask())
            cr_assert_str_eq(name, "plugin_routine", "cut at %zu: %.20s", cut, name);
    }
}

Test(symbols, another_class_or_other_sizes)
{
    header()->e_ident[EI_CLASS] = ELFCLASS32;
    put();
    cr_assert_not(ask());
    header()->e_ident[EI_CLASS] = ELFCLASS64;
    header()->e_shentsize = 40;
    put();
    cr_assert_not(ask());
    header()->e_shentsize = sizeof(ElfW(Shdr));
    header()->e_phentsize = 0;
    put();
    cr_assert_not(ask());
}

Test(symbols, a_long_name_is_cut)
{
    ElfW(Shdr) *symbols = section(SHT_SYMTAB);
    ElfW(Sym) *symbol = (ElfW(Sym) *)(void *)(content + symbols->sh_offset);
    ElfW(Shdr) *strings = (ElfW(Shdr) *)(void *)(content + header()->e_shoff) + symbols->sh_link;
    while (symbol->st_value != routine)
        symbol++;
    memset(content + length, 'n', 600);
    symbol->st_name = (uint32_t)(length - strings->sh_offset);
    length += 600;
    put();
    cr_assert(ask());
    cr_assert_eq(strlen(name), SYMBOL_MAX - 1);
}

/* Offsets near the end of the range: sums with them must not overflow. */
Test(symbols, huge_offsets)
{
    ElfW(Shdr) *symbols = section(SHT_SYMTAB);
    static const uint64_t huge[] = {INT64_MAX, INT64_MAX - 1, UINT64_MAX, (uint64_t)1 << 63};
    for (size_t i = 0; i < 4; i++) {
        ElfW(Shdr) before = *symbols;
        symbols->sh_offset = huge[i];
        put();
        ask();
        *symbols = before;
        symbols->sh_size = huge[i];
        put();
        ask();
        *symbols = before;
        ElfW(Ehdr) whole = *header();
        header()->e_shoff = huge[i];
        put();
        cr_assert_not(ask());
        *header() = whole;
        header()->e_phoff = huge[i];
        put();
        cr_assert_not(ask());
        *header() = whole;
    }
}

Test(symbols, huge_offset_of_the_names)
{
    static const uint64_t huge[] = {INT64_MAX, INT64_MAX - 1, UINT64_MAX, (uint64_t)1 << 63};
    ElfW(Shdr) *strings =
        (ElfW(Shdr) *)(void *)(content + header()->e_shoff) + section(SHT_SYMTAB)->sh_link;
    for (size_t i = 0; i < 4; i++) {
        strings->sh_offset = huge[i];
        put();
        cr_assert_not(ask(), "strings at %lx", (unsigned long)huge[i]);
    }
}

/* How much this thread has read, as the kernel counts it. */
static uint64_t bytes_read(void)
{
    char text[512] = "";
    unsigned long bytes = 0;
    int fd = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        cr_skip_test("the kernel does not count");
    cr_assert(read(fd, text, sizeof text - 1) > 0);
    cr_assert_eq(sscanf(text, "rchar: %lu", &bytes), 1);
    close(fd);
    return bytes;
}

/* The bytes read from the file during the search for one name. */
static uint64_t bytes_for_a_name(void)
{
    uint64_t before = bytes_read(), after;
    ask();
    after = bytes_read() - before;
    return after;
}

Test(symbols, huge_counts_do_not_count)
{
    header()->e_shnum = 65535;
    header()->e_phnum = 65535;
    section(SHT_SYMTAB)->sh_size = UINT64_MAX;
    put();
    uint64_t bytes = bytes_for_a_name();
    cr_assert(bytes < 2 << 20, "%lu bytes", (unsigned long)bytes);
}

/* Every section a table of symbols, as large as one may be, all over the same hole in the file. */
Test(symbols, of_many_large_tables_one_is_read)
{
    enum { TABLES = 100, SIZE = 60 << 20 };
    ElfW(Shdr) *tables = calloc(TABLES, sizeof *tables);
    for (unsigned i = 0; i < TABLES; i++)
        tables[i] = (ElfW(Shdr)){
            .sh_type = SHT_SYMTAB, .sh_offset = length + TABLES * sizeof *tables, .sh_size = SIZE};
    header()->e_shoff = length;
    header()->e_shnum = TABLES;
    put();
    int fd = open(module.path, O_WRONLY | O_APPEND);
    cr_assert(write(fd, tables, TABLES * sizeof *tables) == (ssize_t)(TABLES * sizeof *tables));
    cr_assert_eq(ftruncate(fd, (off_t)(length + TABLES * sizeof *tables + SIZE)), 0);
    close(fd);
    uint64_t bytes = bytes_for_a_name();
    cr_assert(bytes > SIZE && bytes < SIZE + (1 << 20), "%lu bytes", (unsigned long)bytes);
}

/* Changes single bytes and words in turn, at places with a meaning and at others. */
Test(symbols, mutations_are_survived)
{
    unsigned char *good = malloc(length);
    unsigned state = 3;
    memcpy(good, content, length);
    for (int round = 0; round < 6000; round++) {
        for (int change = 0; change <= round % 3; change++) {
            state = state * 1103515245 + 12345;
            size_t at = state >> 8;
            if (round % 2)
                at = at % sizeof(ElfW(Ehdr));
            else if (round % 4)
                at = header()->e_shoff < length ? (header()->e_shoff + at % 2048) % length : 0;
            at %= length;
            state = state * 1103515245 + 12345;
            content[at] = state & 0x10000 ? 0xff : (unsigned char)(state >> 20);
        }
        put();
        if (ask())
            cr_assert(memchr(name, '\0', SYMBOL_MAX));
        memcpy(content, good, length);
    }
}
