// SPDX-License-Identifier: MIT
#include "modules/relro.h"
#include "modules/sightings.h"

/* Of a module that we did not know yet, so it could be any. */
static _Atomic bool any_is_written;

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

void relro_note_writable(uintptr_t start, uintptr_t end)
{
    struct part part = {start, end};
    if (modules_any_in(start, end))
        modules_each_mapped(note, &part);
    else if (sighting_is_there(start))
        atomic_store(&any_is_written, true);
}

bool relro_is_constant(const struct module *module, uintptr_t *start, uintptr_t *end)
{
    return !module->loader && !atomic_load(&module->relro_is_written) &&
           !atomic_load(&any_is_written) &&
           elf_image_relro(module->phdr, module->phnum, module->bias, start, end);
}
