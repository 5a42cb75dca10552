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

enum answer { NO, YES, UNREADABLE };

static enum answer has_note(const struct elf_file *file, const ElfW(Phdr) * phdr,
                            const struct module *module)
{
    unsigned char note[1024];
    if (phdr->p_type != PT_NOTE || phdr->p_filesz > sizeof note)
        return NO;
    if (!elf_file_read(file, note, phdr->p_filesz, (off_t)phdr->p_offset))
        return UNREADABLE;
    return memmem(note, phdr->p_filesz, module->build_id, module->build_id_length) ? YES : NO;
}

/* The file must have the module's build ID in one of its notes. */
static bool has_build_id(const struct elf_file *file, const struct module *module)
{
    enum { BATCH = 16 }; /* most files have fewer */
    ElfW(Phdr) batch[BATCH];
    enum answer answer = NO;
    unsigned n;
    for (unsigned done = 0; done < file->header.e_phnum && answer == NO; done += n) {
        n = file->header.e_phnum - done < BATCH ? file->header.e_phnum - done : BATCH;
        if (!elf_file_read(file, batch, n * sizeof *batch,
                           (off_t)(file->header.e_phoff + done * sizeof *batch)))
            return false;
        for (unsigned i = 0; i < n && answer == NO; i++)
            answer = has_note(file, &batch[i], module);
    }
    return answer == YES;
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
