// SPDX-License-Identifier: MIT
#include "modules/entries.h"
#include "modules/elf_file.h"

/* The pointer encodings that linkers use: 4-byte offsets, the count plain, the table's entries
 * relative to the header (DW_EH_PE_udata4; DW_EH_PE_datarel | DW_EH_PE_sdata4). */
enum { VERSION = 1, ENCODING_COUNT = 0x03, ENCODING_TABLE = 0x3b };

struct table_head {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t count;
};

struct table_entry {
    int32_t start, frame;
};

static const ElfW(Phdr) * find_header(const struct module *module)
{
    for (unsigned i = 0; i < module->phnum; i++)
        if (module->phdr[i].p_type == PT_GNU_EH_FRAME)
            return &module->phdr[i];
    return NULL;
}

/* By bisection; the table is sorted. */
static enum entry_answer search(const struct elf_file *file, off_t table, uint32_t count,
                                int64_t wanted)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        struct table_entry entry;
        if (!elf_file_read(file, &entry, sizeof entry, table + (off_t)(middle * sizeof entry)))
            return ENTRY_UNKNOWN;
        if (entry.start == wanted)
            return ENTRY_YES;
        if (entry.start < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return ENTRY_NO;
}

static enum entry_answer ask(const struct elf_file *file, const ElfW(Phdr) * header,
                             uintptr_t address)
{
    struct table_head head;
    if (header->p_filesz < sizeof head ||
        !elf_file_read(file, &head, sizeof head, (off_t)header->p_offset) ||
        head.version != VERSION || head.count_encoding != ENCODING_COUNT ||
        head.table_encoding != ENCODING_TABLE ||
        head.count > (header->p_filesz - sizeof head) / sizeof(struct table_entry))
        return ENTRY_UNKNOWN;
    return search(file, (off_t)(header->p_offset + sizeof head), head.count,
                  (int64_t)(address - header->p_vaddr));
}

enum entry_answer entry_at(const struct module *module, uintptr_t address)
{
    struct elf_file file;
    const ElfW(Phdr) *header = find_header(module);
    if (!header || !elf_file_open(&file, module))
        return ENTRY_UNKNOWN;
    enum entry_answer answer = ask(&file, header, address - module->bias);
    elf_file_close(&file);
    return answer;
}
