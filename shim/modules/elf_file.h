// SPDX-License-Identifier: MIT
/*
 * A module's file, for data that is not in memory, or not any more.
 *
 * The file is only believed if it has the build ID that the module had in memory: a plug-in that
 * was replaced on disk must not speak for its predecessor. Reads are bounded. No locks; an open
 * file holds a descriptor.
 */
#ifndef DLPIN_MODULES_ELF_FILE_H
#define DLPIN_MODULES_ELF_FILE_H

#include "modules/modules.h"

struct elf_file {
    int fd;
    ElfW(Ehdr) header;
};

/* False: it is not there, or not the module's. `module` may be NULL. */
bool elf_file_open(struct elf_file *file, const struct module *module);
/* The file can be read, and is not what the module was loaded from: it was rebuilt or replaced. */
bool elf_file_was_replaced(const struct module *module);

void elf_file_close(struct elf_file *file);

/* False: the file does not have so many bytes there. */
bool elf_file_read(const struct elf_file *file, void *to, size_t size, off_t offset);

#endif
