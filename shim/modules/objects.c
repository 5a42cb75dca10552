// SPDX-License-Identifier: MIT
#include "modules/objects.h"
#include "base/arena.h"
#include "base/sys.h"
#include "base/written.h"

#include <string.h>

enum {
    WORD = sizeof(uintptr_t),
    PIECE = 16 << 10,
    BYTES_MAX = 4 << 20, /* no more of a module's variables is scanned */
    OBJECTS_MAX = 1 << 15,
    TYPES = 10,
};

/* module->objects has where they are, in words from the module's start, ascending; with this bit: a
 * typeinfo. */
static const uint32_t is_typeinfo = 1u << 31;

struct search {
    struct module *module;
    uintptr_t tables_start, tables_end; /* where the module's virtual function tables lie */
    uintptr_t types[TYPES];             /* what the first word of a typeinfo may be */
    unsigned type_count;
    bool has_types;
    uintptr_t *piece;
    size_t bytes;
};

static bool grow(struct module *module)
{
    unsigned room = module->object_room ? 2 * module->object_room : 16;
    uint32_t *list = room <= OBJECTS_MAX ? arena_alloc_dirty(room * sizeof *list) : NULL;
    if (!list)
        return false;
    if (module->objects)
        memcpy(list, module->objects, module->object_count * sizeof *list);
    arena_free(module->objects, module->object_room * sizeof *list);
    module->objects = list;
    module->object_room = room;
    return true;
}

static void add(struct module *module, uintptr_t address, uint32_t flag)
{
    if (module->object_count < module->object_room || grow(module))
        module->objects[module->object_count++] =
            (uint32_t)((address - module->start) / WORD) | flag;
}

static bool is_code(uintptr_t address)
{
    const struct module *module = modules_find(address);
    return module && module_is_code(module, address);
}

/* The Itanium C++ ABI: a table begins with how far the object lies before the part of it whose
 * table this is, and with the typeinfo. Objects lead to the first function behind these. */
enum { FAR = 1 << 24, OFFSET = 0, FUNCTION = 2, TABLE_WORDS };

static bool may_lead_to_table(uintptr_t address, uintptr_t start, uintptr_t end)
{
    return address % WORD == 0 && address >= start + FUNCTION * WORD && address < end;
}

static bool is_table(const intptr_t table[TABLE_WORDS])
{
    return table[OFFSET] > -FAR && table[OFFSET] <= 0 && is_code((uintptr_t)table[FUNCTION]);
}

static bool leads_to_own_table(const struct search *search, uintptr_t address)
{
    return may_lead_to_table(address, search->tables_start, search->tables_end) &&
           is_table((const intptr_t *)(address - FUNCTION * WORD));
}

/* The class may be another library's: a std::ofstream. That may be unloaded meanwhile. */
static bool leads_to_other_table(const struct search *search, uintptr_t address)
{
    uintptr_t start, end;
    intptr_t table[TABLE_WORDS];
    const struct module *module = modules_find(address);
    return module && module != search->module &&
           elf_image_relro(module->phdr, module->phnum, module->bias, &start, &end) &&
           may_lead_to_table(address, start, end) &&
           sys_copy_memory((const void *)(address - FUNCTION * WORD), table, sizeof table) ==
               (ssize_t)sizeof table &&
           is_table(table);
}

/* Modules of the C++ library lie and lay within these bounds. */
static _Atomic uintptr_t libraries_lowest = UINTPTR_MAX, libraries_end;

void objects_note_library(const struct module *library)
{
    if (library->start < libraries_lowest)
        libraries_lowest = library->start;
    if (library->end > libraries_end)
        libraries_end = library->end;
}

/* The kinds of typeinfo that the compiler makes, each a class of the C++ library. */
static int find_types(struct module *module, void *data)
{
    static const char *const names[] = {
        "_ZTVN10__cxxabiv117__class_type_infoE",     "_ZTVN10__cxxabiv120__si_class_type_infoE",
        "_ZTVN10__cxxabiv121__vmi_class_type_infoE", "_ZTVN10__cxxabiv119__pointer_type_infoE",
        "_ZTVN10__cxxabiv116__enum_type_infoE",
    };
    struct search *search = data;
    for (unsigned i = 0; module->cxx_library && i < ARRAY_SIZE(names); i++) {
        uintptr_t table = (uintptr_t)module_symbol(module, names[i]);
        if (table && search->type_count < TYPES)
            search->types[search->type_count++] = table + 2 * WORD;
    }
    return 0;
}

/* The types are looked up for the first word that may be one: few modules of C have any. */
static bool is_type(struct search *search, uintptr_t word)
{
    if (!search->has_types)
        modules_each_mapped(find_types, search);
    search->has_types = true;
    for (unsigned i = 0; i < search->type_count; i++)
        if (search->types[i] == word)
            return true;
    return false;
}

static bool leads_to_table(const struct search *search, uintptr_t slot, uintptr_t word)
{
    uintptr_t tables = search->tables_start, span = search->tables_end - tables;
    if (word - tables < span)
        return leads_to_own_table(search, word);
    return slot - tables >= span && leads_to_other_table(search, word);
}

static void scan_words(struct search *search, uintptr_t at, size_t count)
{
    uintptr_t libraries = libraries_lowest, libraries_span = libraries_end - libraries;
    for (size_t i = 0; i < count; i++) {
        uintptr_t word = search->piece[i], slot = at + i * WORD;
        if (word - libraries < libraries_span && is_type(search, word))
            add(search->module, slot, is_typeinfo);
        else if (word && leads_to_table(search, slot, word))
            add(search->module, slot, 0);
    }
}

static void scan_range(uintptr_t start, uintptr_t end, void *data)
{
    struct search *search = data;
    for (uintptr_t at = start; at < end && search->bytes < BYTES_MAX; at += PIECE) {
        size_t size = end - at < PIECE ? end - at : PIECE;
        ssize_t n = sys_copy_memory((const void *)at, search->piece, size);
        scan_words(search, at, n > 0 ? (size_t)n / WORD : 0);
        search->bytes += size;
    }
}

static void scan_written(uintptr_t start, uintptr_t end, struct search *search)
{
    struct written written;
    written_open(&written);
    written_each(&written, start, end, WRITTEN_LEAST, scan_range, search);
    written_close(&written);
}

static void scan_variables(struct search *search)
{
    const struct module *module = search->module;
    for (unsigned i = 0; i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        uintptr_t start = (module->bias + p->p_vaddr + WORD - 1) & ~(uintptr_t)(WORD - 1);
        uintptr_t end = module->bias + p->p_vaddr + p->p_memsz;
        if (p->p_type != PT_LOAD || !(p->p_flags & PF_W) || start >= end)
            continue;
        if (end - start < WRITTEN_LEAST)
            scan_range(start, end, search);
        else
            scan_written(start, end, search);
    }
}

void objects_note(struct module *module)
{
    struct search search = {.module = module, .piece = arena_alloc_dirty(PIECE)};
    module->object_count = 0;
    if (search.piece && elf_image_relro(module->phdr, module->phnum, module->bias,
                                        &search.tables_start, &search.tables_end))
        scan_variables(&search);
    arena_free(search.piece, PIECE);
}

enum object_found objects_find(const struct module *module, uintptr_t address)
{
    uint32_t wanted = (uint32_t)((address - module->start) / WORD);
    unsigned low = 0, high = module->object_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        uint32_t found = module->objects[middle] & ~is_typeinfo;
        if (found == wanted && address % WORD == 0)
            return module->objects[middle] & is_typeinfo ? OBJECT_TYPEINFO : OBJECT_VIRTUAL;
        if (found < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return OBJECT_NOT_FOUND;
}
