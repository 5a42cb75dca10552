// SPDX-License-Identifier: MIT
#include "try/shared_object.h"

#include "base/regular.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* Of an executable that is position independent the segments look the same, but for this one. */
static bool has_interpreter(int file, const ElfW(Ehdr) * header)
{
    for (int i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        off_t place = (off_t)(header->e_phoff + (size_t)i * header->e_phentsize);

        if (pread(file, &segment, sizeof segment, place) != sizeof segment)
            return false;
        if (segment.p_type == PT_INTERP)
            return true;
    }
    return false;
}

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#else
#define OWN_MACHINE EM_AARCH64
#endif

bool is_shared_object(const char *path)
{
    struct stat status;
    int file = regular_open(path, 0, &status);
    ElfW(Ehdr) header;
    bool is;

    if (file < 0)
        return false;
    is = pread(file, &header, sizeof header, 0) == sizeof header &&
         memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_machine == OWN_MACHINE && header.e_type == ET_DYN &&
         !has_interpreter(file, &header);
    close(file);
    return is;
}
