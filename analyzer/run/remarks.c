// SPDX-License-Identifier: MIT
#include "run/remarks.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void remarks_add(struct remarks *remarks, char *sentence)
{
    ARRAY_PUSH(remarks->items, remarks->count, sentence);
}

static void add_blind(struct remarks *remarks, const char *name, const char *why)
{
    remarks->blind = true;
    remarks_add(remarks, memory_format("%s: %s: nothing can be seen in it", name, why));
}

void remarks_collect(struct remarks *remarks, const struct program *program, const char *name,
                     const struct program *library)
{
    if (program->is_static)
        add_blind(remarks, name, "statically linked, no loader will load libdlpin.so");
    if (program->is_musl)
        add_blind(remarks, name, "linked with musl, libdlpin.so is for glibc");
    if (program->is_privileged)
        add_blind(remarks, name,
                  "set-user-ID, set-group-ID or with file capabilities, the loader will ignore "
                  "LD_PRELOAD");
    if (program->is_elf && library->is_elf &&
        (program->elf_class != library->elf_class || program->machine != library->machine))
        add_blind(remarks, name, "of another architecture than libdlpin.so");
}

void remarks_clear(struct remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++)
        free(remarks->items[i]);
    free(remarks->items);
    memset(remarks, 0, sizeof *remarks);
}
