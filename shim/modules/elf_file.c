// SPDX-License-Identifier: MIT
#include "modules/elf_file.h"
#include "base/calls.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool elf_file_read(const struct elf_file *file, void *to, size_t size, off_t offset)
{
    return offset >= 0 && sys_call(SYS_pread64, file->fd, to, size, offset) == (long)size;
}

static bool read_header(struct elf_file *file)
{
    const ElfW(Ehdr) *header = &file->header;
    return elf_file_read(file, &file->header, sizeof file->header, 0) &&
           !memcmp(header->e_ident, ELFMAG, SELFMAG) && header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_shentsize == sizeof(ElfW(Shdr)) && header->e_phentsize == sizeof(ElfW(Phdr));
}

/* The module's build ID must stand in the note that the module has in memory, at the file's offset.
 */
static bool has_build_id(const struct elf_file *file, const struct module *module)
{
    for (unsigned i = 0; i < file->header.e_phnum; i++) {
        ElfW(Phdr) p;
        unsigned char note[1024];
        if (!elf_file_read(file, &p, sizeof p, (off_t)(file->header.e_phoff + i * sizeof p)))
            return false;
        if (p.p_type != PT_NOTE || p.p_filesz > sizeof note)
            continue;
        if (!elf_file_read(file, note, p.p_filesz, (off_t)p.p_offset))
            return false;
        if (memmem(note, p.p_filesz, module->build_id, module->build_id_length))
            return true;
    }
    return false;
}

static bool open_any(struct elf_file *file, const struct module *module)
{
    if (!module || module->path[0] != '/' || module->build_id_length == 0)
        return false;
    file->fd = (int)sys_call(SYS_openat, AT_FDCWD, module->path,
                             O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
    if (file->fd < 0)
        return false;
    if (read_header(file))
        return true;
    elf_file_close(file);
    return false;
}

bool elf_file_open(struct elf_file *file, const struct module *module)
{
    if (!open_any(file, module))
        return false;
    if (has_build_id(file, module))
        return true;
    elf_file_close(file);
    return false;
}

bool elf_file_was_replaced(const struct module *module)
{
    struct elf_file file;
    if (!open_any(&file, module))
        return false;
    bool same = has_build_id(&file, module);
    elf_file_close(&file);
    return !same;
}

void elf_file_close(struct elf_file *file)
{
    sys_call(SYS_close, file->fd);
}
