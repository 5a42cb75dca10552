// SPDX-License-Identifier: MIT
/*
 * Reads the headers and notes of a mapped shared object from its memory.
 *
 * The caller makes sure that the object stays mapped meanwhile: inside a callback of
 * dl_iterate_phdr (the loader's list lock is held), or because it is the program's own or libc.
 * Nothing is allocated.
 */
#ifndef DLPIN_MODULES_ELF_IMAGE_H
#define DLPIN_MODULES_ELF_IMAGE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUILD_ID_MAX = 32 };

struct elf_image {
    uintptr_t bias;       /* load bias: what is added to the file's virtual addresses */
    uintptr_t start, end; /* mapped range, page-rounded by the loader or not: [start, end) */
    const ElfW(Phdr) * phdr;
    unsigned phnum;
    uintptr_t dynamic;  /* address of the dynamic section, or 0 */
    const char *soname; /* in the image, or NULL */
    const char *strings;
    const ElfW(Sym) * symbols;
    const uint32_t *gnu_hash; /* NULL: none */
    const uint32_t *sysv_hash;
    const ElfW(Half) * versions; /* of the symbols, or NULL */
    uint64_t flags_1;            /* DT_FLAGS_1 */
    const ElfW(Rela) * rela, *jmprel;
    size_t rela_count, jmprel_count;
    size_t relative_count; /* the first so many of `rela` name no symbol (DT_RELACOUNT) */
    unsigned char build_id[BUILD_ID_MAX];
    unsigned build_id_length;
};

/* Fills `image` from program headers that lie at load bias `bias`. False: there is no PT_LOAD. */
bool elf_image_read(struct elf_image *image, uintptr_t bias, const ElfW(Phdr) * phdr,
                    unsigned phnum);

/* The same from the dynamic section alone: symbols, but no headers, range or build ID. Calls no
 * other library, and nor does elf_image_symbol. */
void elf_image_read_dynamic(struct elf_image *image, uintptr_t bias, const ElfW(Dyn) * dynamic);

/* A defined dynamic symbol by name, in its default version; NULL where there is none. */
const ElfW(Sym) * elf_image_symbol(const struct elf_image *image, const char *name);

/* The names of the objects that it needs (DT_NEEDED), one with each call, NULL after the last.
 * `at` is NULL before the first. */
const char *elf_image_needed(const struct elf_image *image, const ElfW(Dyn) * *at);

/* True if an address of the file lies in a segment with these PF_* flags. */
bool elf_image_has_flags(const ElfW(Phdr) * phdr, unsigned phnum, uintptr_t offset, unsigned flags);

/*
 * The pages that the loader makes read-only once it has relocated the object: [*start, *end). The
 * last one is not among them where other data begins in it (elf/dl-reloc.c, _dl_protect_relro).
 * False: there are none.
 */
bool elf_image_relro(const ElfW(Phdr) * phdr, unsigned phnum, uintptr_t bias, uintptr_t *start,
                     uintptr_t *end);

#endif
