// SPDX-License-Identifier: MIT
#include "modules/elf_image.h"

#include <string.h>
#include <sys/auxv.h>

static void read_range(struct elf_image *image)
{
    image->start = UINTPTR_MAX;
    for (unsigned i = 0; i < image->phnum; i++) {
        const ElfW(Phdr) *p = &image->phdr[i];
        if (p->p_type != PT_LOAD)
            continue;
        uintptr_t start = image->bias + p->p_vaddr, end = start + p->p_memsz;
        if (start < image->start)
            image->start = start;
        if (end > image->end)
            image->end = end;
    }
}

/* How many bytes from there on are in memory, in one segment. Only these are read: headers may name
 * data that is in the file alone, or nowhere. */
static size_t loaded_from(const struct elf_image *image, uintptr_t offset)
{
    for (unsigned i = 0; i < image->phnum; i++) {
        const ElfW(Phdr) *p = &image->phdr[i];
        if (p->p_type == PT_LOAD && p->p_flags & PF_R && offset - p->p_vaddr < p->p_memsz)
            return p->p_memsz - (offset - p->p_vaddr);
    }
    return 0;
}

static void read_build_id(struct elf_image *image, const ElfW(Phdr) * p)
{
    size_t loaded = loaded_from(image, p->p_vaddr);
    const char *at = (const char *)(image->bias + p->p_vaddr);
    const char *end = at + (p->p_memsz < loaded ? p->p_memsz : loaded);
    while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, at, sizeof note);
        size_t name_size = ((size_t)note.n_namesz + 3) & ~(size_t)3;
        size_t desc_size = ((size_t)note.n_descsz + 3) & ~(size_t)3;
        const char *name = at + sizeof note;
        if ((size_t)(end - name) < name_size || (size_t)(end - name) - name_size < desc_size)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && !memcmp(name, "GNU", 4)) {
            image->build_id_length = note.n_descsz < BUILD_ID_MAX ? note.n_descsz : BUILD_ID_MAX;
            memcpy(image->build_id, name + name_size, image->build_id_length);
            return;
        }
        at = name + name_size + desc_size;
    }
}

/* glibc rewrites most d_ptr entries to addresses when it maps an object (elf/get-dynamic-info.h),
 * but not those of objects with a read-only dynamic section, the vDSO among them. */
static uintptr_t pointer(const struct elf_image *image, uintptr_t value)
{
    return value < image->bias ? value + image->bias : value;
}

/* `count` entries at most. */
static void read_dynamic(struct elf_image *image, const ElfW(Dyn) * dynamic, size_t count)
{
    uintptr_t strings = 0, soname = UINTPTR_MAX;

    for (; count > 0 && dynamic->d_tag != DT_NULL; dynamic++, count--) {
        uintptr_t value = dynamic->d_un.d_ptr;
        switch (dynamic->d_tag) {
        case DT_STRTAB:
            strings = pointer(image, value);
            break;
        case DT_SONAME:
            soname = value;
            break;
        case DT_SYMTAB:
            image->symbols = (const ElfW(Sym) *)pointer(image, value);
            break;
        case DT_GNU_HASH:
            image->gnu_hash = (const uint32_t *)pointer(image, value);
            break;
        case DT_HASH:
            image->sysv_hash = (const uint32_t *)pointer(image, value);
            break;
        case DT_VERSYM:
            image->versions = (const ElfW(Half) *)pointer(image, value);
            break;
        case DT_FLAGS_1:
            image->flags_1 = value;
            break;
        case DT_RELA:
            image->rela = (const ElfW(Rela) *)pointer(image, value);
            break;
        case DT_RELASZ:
            image->rela_count = value / sizeof(ElfW(Rela));
            break;
        case DT_RELACOUNT:
            image->relative_count = value;
            break;
        case DT_JMPREL:
            image->jmprel = (const ElfW(Rela) *)pointer(image, value);
            break;
        case DT_PLTRELSZ:
            image->jmprel_count = value / sizeof(ElfW(Rela));
            break;
        default:
            break;
        }
    }
    image->strings = (const char *)strings;
    if (strings && soname != UINTPTR_MAX)
        image->soname = (const char *)(strings + soname);
}

static size_t dynamic_entries(const struct elf_image *image, uintptr_t offset)
{
    bool is_aligned = (image->bias + offset) % _Alignof(ElfW(Dyn)) == 0;
    return is_aligned ? loaded_from(image, offset) / sizeof(ElfW(Dyn)) : 0;
}

/* Only we read the soname before another module asks for one of this name. */
static void check_soname(struct elf_image *image)
{
    size_t room = image->soname ? loaded_from(image, (uintptr_t)image->soname - image->bias) : 0;
    size_t length = 0;
    while (length < room && image->soname[length])
        length++;
    if (length == room)
        image->soname = NULL;
}

bool elf_image_read(struct elf_image *image, uintptr_t bias, const ElfW(Phdr) * phdr,
                    unsigned phnum)
{
    *image = (struct elf_image){.bias = bias, .phdr = phdr, .phnum = phnum};
    read_range(image);
    for (unsigned i = 0; i < phnum; i++) {
        if (phdr[i].p_type == PT_DYNAMIC) {
            image->dynamic = bias + phdr[i].p_vaddr;
            read_dynamic(image, (const ElfW(Dyn) *)image->dynamic,
                         dynamic_entries(image, phdr[i].p_vaddr));
            check_soname(image);
        } else if (phdr[i].p_type == PT_NOTE && !image->build_id_length)
            read_build_id(image, &phdr[i]);
    }
    return image->end != 0;
}

void elf_image_read_dynamic(struct elf_image *image, uintptr_t bias, const ElfW(Dyn) * dynamic)
{
    *image = (struct elf_image){.bias = bias, .dynamic = (uintptr_t)dynamic};
    read_dynamic(image, dynamic, SIZE_MAX);
}

const char *elf_image_needed(const struct elf_image *image, const ElfW(Dyn) * *at)
{
    const ElfW(Dyn) *entry = *at ? *at + 1 : (const ElfW(Dyn) *)image->dynamic;
    while (entry && entry->d_tag != DT_NULL && entry->d_tag != DT_NEEDED)
        entry++;
    *at = entry;
    return entry && entry->d_tag == DT_NEEDED && image->strings ? image->strings + entry->d_un.d_val
                                                                : NULL;
}

/* Not strcmp: it may be a sanitizer's, before its time. */
static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* True for a version that serves only programs linked long ago, not the default of the name. */
static bool is_hidden_version(const struct elf_image *image, uint32_t index)
{
    enum { HIDDEN_VERSION = 0x8000 };
    return image->versions && image->versions[index] & HIDDEN_VERSION;
}

static bool is_definition(const struct elf_image *image, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &image->symbols[index];
    return symbol->st_shndx != SHN_UNDEF && same(image->strings + symbol->st_name, name) &&
           !is_hidden_version(image, index);
}

/* https://flapenguin.me/elf-dt-gnu-hash describes the table; binutils bfd/elflink.c makes it. */
static const ElfW(Sym) * find_gnu(const struct elf_image *image, const char *name)
{
    uint32_t hash = 5381;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        hash = hash * 33 + *c;

    uint32_t buckets = image->gnu_hash[0], first = image->gnu_hash[1], words = image->gnu_hash[2];
    const uint32_t *bucket = image->gnu_hash + 4 + words * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chain = bucket + buckets;
    uint32_t at = buckets ? bucket[hash % buckets] : 0;
    if (at < first)
        return NULL;
    for (;; at++) {
        uint32_t entry = chain[at - first];
        if ((entry | 1) == (hash | 1) && is_definition(image, at, name))
            return &image->symbols[at];
        if (entry & 1)
            return NULL;
    }
}

static const ElfW(Sym) * find_sysv(const struct elf_image *image, const char *name)
{
    uint32_t count = image->sysv_hash[1];
    for (uint32_t i = 0; i < count; i++)
        if (is_definition(image, i, name))
            return &image->symbols[i];
    return NULL;
}

const ElfW(Sym) * elf_image_symbol(const struct elf_image *image, const char *name)
{
    if (!image->symbols || !image->strings)
        return NULL;
    if (image->gnu_hash)
        return find_gnu(image, name);
    return image->sysv_hash ? find_sysv(image, name) : NULL;
}

bool elf_image_has_flags(const ElfW(Phdr) * phdr, unsigned phnum, uintptr_t offset, unsigned flags)
{
    for (unsigned i = 0; i < phnum; i++)
        if (phdr[i].p_type == PT_LOAD && offset >= phdr[i].p_vaddr &&
            offset < phdr[i].p_vaddr + phdr[i].p_memsz)
            return (phdr[i].p_flags & flags) == flags;
    return false;
}

bool elf_image_relro(const ElfW(Phdr) * phdr, unsigned phnum, uintptr_t bias, uintptr_t *start,
                     uintptr_t *end)
{
    uintptr_t page = getauxval(AT_PAGESZ);
    for (unsigned i = 0; i < phnum; i++) {
        if (phdr[i].p_type != PT_GNU_RELRO)
            continue;
        *start = (bias + phdr[i].p_vaddr) & ~(page - 1);
        *end = (bias + phdr[i].p_vaddr + phdr[i].p_memsz) & ~(page - 1);
        return *start < *end;
    }
    return false;
}
