// SPDX-License-Identifier: MIT
#include "interpose/real.h"
#include "lifecycle/lifecycle.h"
#include "modules/elf_image.h"
#include "registry/heap.h"

#include <errno.h>
#include <link.h>
#include <string.h>

#define INTERPOSE(name, family, necessity) __typeof__(name) *real_##name;
#include "interpose/interposers.def"
#undef INTERPOSE

enum { OPTIONAL, REQUIRED };

#define INTERPOSE(name, family, necessity) \
    {#name, (void **)&real_##name, (void *)&name, (necessity) == REQUIRED},
const struct interposer interposers[] = {
#include "interpose/interposers.def"
};
#undef INTERPOSE

const unsigned interposer_count = ARRAY_SIZE(interposers);

static bool resolving, resolved;

/* What a function that this libc has not got does. */
static long not_there(void)
{
    errno = ENOSYS;
    return -1;
}

struct search {
    const char *name;
    uintptr_t self; /* an address of ours */
    bool behind_us;
    void *found;
};

static bool contains(const struct elf_image *image, uintptr_t address)
{
    return address >= image->start && address < image->end;
}

static int search_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    struct elf_image image;
    if (!elf_image_read(&image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum))
        return 0;
    if (!search->behind_us) {
        search->behind_us = contains(&image, search->self);
        return 0;
    }
    const ElfW(Sym) *symbol = elf_image_symbol(&image, search->name);
    if (symbol)
        search->found = (void *)(image.bias + symbol->st_value);
    return symbol != NULL;
}

/* dlsym cannot be asked for itself: the first object behind us that defines it. */
static void *find_dlsym(void)
{
    struct search search = {.name = "dlsym", .self = (uintptr_t)&resolved};
    __real_dl_iterate_phdr(search_object, &search);
    return search.found;
}

/* What has no function to ask for: how long exit() is, and the table of keys. */
static int read_libc(struct dl_phdr_info *info, size_t size, void *data)
{
    struct elf_image image;
    if (!elf_image_read(&image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum) ||
        !contains(&image, (uintptr_t)real_exit))
        return 0;
    const ElfW(Sym) *exit_symbol = elf_image_symbol(&image, "exit");
    const ElfW(Sym) *keys_symbol = elf_image_symbol(&image, "__pthread_keys");
    if (exit_symbol) {
        /* The call that never returns may be its last instruction. */
        lifecycle_coverage.exit_start = image.bias + exit_symbol->st_value;
        lifecycle_coverage.exit_end = lifecycle_coverage.exit_start + exit_symbol->st_size + 1;
    }
    if (keys_symbol)
        keys_set_libc_table((void *)(image.bias + keys_symbol->st_value));
    return 1;
}

static void find_libc_parts(void)
{
    __real_dl_iterate_phdr(read_libc, NULL);
}

static int is_libc_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct elf_image image;
    if (!elf_image_read(&image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum) ||
        !contains(&image, *(uintptr_t *)data))
        return 0;
    return image.soname && !strcmp(image.soname, "libc.so.6") ? 1 : -1;
}

bool real_is_libc(const void *function)
{
    uintptr_t address = (uintptr_t)function;
    return __real_dl_iterate_phdr(is_libc_object, &address) == 1;
}

COLD void real_resolve(void)
{
    bool complete = true;
    if (resolved || resolving)
        return;
    resolving = true;
    real_dlsym = (__typeof__(dlsym) *)find_dlsym();
    for (unsigned i = 0; i < interposer_count && real_dlsym; i++) {
        const struct interposer *row = &interposers[i];
        void *found = real_dlsym(RTLD_NEXT, row->name);
        complete &= found || !row->required;
        *row->real = found ? found : (void *)not_there;
    }
    resolving = false;
    resolved = true;
    if (!complete)
        atomic_store(&lifecycle_phase, PHASE_INERT);
    lifecycle_coverage.glibc_malloc = real_is_libc((void *)real_malloc);
    find_libc_parts();
    modules_set_find_object((find_object *)real_dlsym(RTLD_DEFAULT, "_dl_find_object"));
    lifecycle_coverage.heap_seen = real_dlsym(RTLD_DEFAULT, "malloc") == heap_own_malloc();
    /* The program must not see an error of ours, and glibc gives up its memory with the second
     * call. */
    dlerror();
    dlerror();
}

/* Before the constructors of other libraries, as far as the loader's order lets it. */
__attribute__((constructor(101))) static void start(void)
{
    real_resolve();
    lifecycle_start();
}
