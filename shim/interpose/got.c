// SPDX-License-Identifier: MIT
#include "interpose/got.h"
#include "interpose/real.h"
#include "modules/held.h"
#include "scan/maps.h"

#include <sys/auxv.h>

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT, GLOB_DAT = R_X86_64_GLOB_DAT };
#else
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT, GLOB_DAT = R_AARCH64_GLOB_DAT };
#endif

static bool is_writable(uintptr_t address)
{
    struct maps maps;
    if (!maps_read_in(&maps, address, address + 1))
        return false;
    const struct mapping *mapping = maps_find(&maps, address);
    bool writable = mapping && mapping->writable;
    maps_free(&maps);
    return writable;
}

/* A module may have made its read-only data writable, in a constructor. */
static void write_slot(const struct elf_image *image, void **slot, void *value)
{
    uintptr_t start, end, page_size = getauxval(AT_PAGESZ);
    void *page = (void *)((uintptr_t)slot & ~(page_size - 1));
    bool read_only = elf_image_relro(image->phdr, image->phnum, image->bias, &start, &end) &&
                     (uintptr_t)slot >= start && (uintptr_t)slot < end &&
                     !is_writable((uintptr_t)slot);
    if (read_only && real_mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (read_only)
        real_mprotect(page, page_size, PROT_READ);
}

/* A slot of lazy binding still leads back into the module's own PLT. */
static bool is_unbound(const struct elf_image *image, const ElfW(Rela) * rela, const void *value)
{
    return ELF64_R_TYPE(rela->r_info) == JUMP_SLOT && (uintptr_t)value >= image->start &&
           (uintptr_t)value < image->end;
}

static void patch_table(const struct elf_image *image, const ElfW(Rela) * rela, size_t count,
                        got_lookup *lookup)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t type = ELF64_R_TYPE(rela[i].r_info);
        const ElfW(Sym) *symbol = &image->symbols[ELF64_R_SYM(rela[i].r_info)];
        if ((type != JUMP_SLOT && type != GLOB_DAT) || symbol->st_shndx != SHN_UNDEF)
            continue;
        void **slot = (void **)(image->bias + rela[i].r_offset);
        struct got_change change = {0};
        if (lookup(image->strings + symbol->st_name, &change) &&
            (*slot == change.from || (!change.bound && is_unbound(image, &rela[i], *slot))))
            write_slot(image, slot, change.to);
    }
}

struct patch {
    uint64_t since, until;
    got_chooser *choose;
    got_lookup *lookup;
};

static void patch_module(struct module *module, void *data)
{
    const struct patch *patch = data;
    struct elf_image image;
    if (module->epoch <= patch->since || module->epoch > patch->until || module->is_shim ||
        module->runtime || !patch->choose(module) ||
        !elf_image_read(&image, module->bias, module->phdr, module->phnum) || !image.symbols)
        return;
    patch_table(&image, image.jmprel, image.jmprel_count, patch->lookup);
    patch_table(&image, image.rela, image.rela_count, patch->lookup);
}

void got_patch(uint64_t since, uint64_t until, got_chooser *choose, got_lookup *lookup)
{
    held_each(since, patch_module, &(struct patch){since, until, choose, lookup});
}
