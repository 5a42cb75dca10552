// SPDX-License-Identifier: MIT
#include "interpose/deepbind.h"
#include "interpose/real.h"
#include "modules/modules.h"
#include "registry/keys.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT, GLOB_DAT = R_X86_64_GLOB_DAT };
#else
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT, GLOB_DAT = R_AARCH64_GLOB_DAT };
#endif

enum { BUCKETS = 128 };

static _Atomic bool used;
static _Atomic uint64_t patched_epoch;

static uint64_t buckets[BUCKETS]; /* bit i: interposers[i] */

_Static_assert(INTERPOSER_COUNT <= 64, "a bucket is a word");

void deepbind_expect(void)
{
    atomic_store(&used, true);
}

/* By the first letters, because every relocation asks. */
static unsigned bucket_of(const char *name)
{
    return name[0] ? ((unsigned char)name[0] * 7u + (unsigned char)name[1]) % BUCKETS : 0;
}

static void fill_buckets(void)
{
    for (unsigned i = 0; i < interposer_count; i++)
        buckets[bucket_of(interposers[i].name)] |= (uint64_t)1 << i;
}

static const struct interposer *find_interposer(const char *name)
{
    for (uint64_t set = buckets[bucket_of(name)]; set; set &= set - 1) {
        const struct interposer *row = &interposers[__builtin_ctzll(set)];
        if (!strcmp(row->name, name))
            return row;
    }
    return NULL;
}

/* The part that the loader made read-only after relocation. */
static bool in_relro(const struct elf_image *image, uintptr_t address)
{
    for (unsigned i = 0; i < image->phnum; i++) {
        const ElfW(Phdr) *p = &image->phdr[i];
        uintptr_t start = image->bias + p->p_vaddr;
        if (p->p_type == PT_GNU_RELRO && address >= start && address < start + p->p_memsz)
            return true;
    }
    return false;
}

static void write_slot(const struct elf_image *image, void **slot, void *value)
{
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t page = (uintptr_t)slot & ~(page_size - 1);
    bool read_only = in_relro(image, (uintptr_t)slot);
    if (read_only && mprotect((void *)page, page_size, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (read_only)
        mprotect((void *)page, page_size, PROT_READ);
}

/* A slot of lazy binding still leads back into the module's own PLT. */
static bool is_unbound(const struct elf_image *image, const ElfW(Rela) * rela, const void *value)
{
    return ELF64_R_TYPE(rela->r_info) == JUMP_SLOT && (uintptr_t)value >= image->start &&
           (uintptr_t)value < image->end;
}

static void patch_table(const struct elf_image *image, const ElfW(Rela) * rela, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t type = ELF64_R_TYPE(rela[i].r_info);
        const ElfW(Sym) *symbol = &image->symbols[ELF64_R_SYM(rela[i].r_info)];
        if ((type != JUMP_SLOT && type != GLOB_DAT) || symbol->st_shndx != SHN_UNDEF)
            continue;
        void **slot = (void **)(image->bias + rela[i].r_offset);
        const struct interposer *row = find_interposer(image->strings + symbol->st_name);
        if (row && (*slot == *row->real || is_unbound(image, &rela[i], *slot)))
            write_slot(image, slot, row->replacement);
    }
}

static int patch_module(struct module *module, void *data)
{
    struct elf_image image;
    if (module->epoch <= *(uint64_t *)data || module->startup || module->is_shim || module->runtime)
        return 0;
    if (!elf_image_read(&image, module->bias, module->phdr, module->phnum) || !image.symbols)
        return 0;
    patch_table(&image, image.jmprel, image.jmprel_count);
    patch_table(&image, image.rela, image.rela_count);
    return 0;
}

void deepbind_patch(void)
{
    if (!atomic_load_explicit(&used, memory_order_relaxed))
        return;
    uint64_t epoch = atomic_load(&modules_epoch);
    uint64_t since = atomic_exchange(&patched_epoch, epoch);
    if (since >= epoch)
        return;
    if (since == 0)
        fill_buckets();
    modules_each_mapped(patch_module, &since);
    keys_reconcile();
}
