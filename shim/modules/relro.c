// SPDX-License-Identifier: MIT
#include "modules/relro.h"
#include "modules/sightings.h"

static _Atomic bool may_be_unseen;

struct part {
    uintptr_t start, end;
};

static int note(struct module *module, void *data)
{
    const struct part *part = data;
    uintptr_t start, end;
    if (elf_image_relro(module->phdr, module->phnum, module->bias, &start, &end) &&
        part->start < end && start < part->end)
        atomic_store(&module->relro_is_written, true);
    return 0;
}

static bool is_unknown(uintptr_t address)
{
    return !modules_find(address) && sighting_is_there(address);
}

void relro_note_writable(uintptr_t start, uintptr_t end)
{
    struct part part = {start, end};
    if (start >= end)
        return;
    if (modules_any_in(start, end))
        modules_each_mapped(note, &part);
    if (is_unknown(start) || is_unknown(end - 1))
        relro_expect_unseen();
}

void relro_expect_unseen(void)
{
    atomic_store(&may_be_unseen, true);
}

bool relro_is_constant(const struct module *module, uintptr_t *start, uintptr_t *end)
{
    return !module->loader && !atomic_load(&module->relro_is_written) &&
           !atomic_load(&may_be_unseen) &&
           elf_image_relro(module->phdr, module->phnum, module->bias, start, end);
}
