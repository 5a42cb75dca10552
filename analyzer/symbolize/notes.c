// SPDX-License-Identifier: MIT
#include "symbolize/notes.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* The most bytes that are read of one note segment or section, and of all in one file; real files
 * have some hundred. */
enum { AREA_MAX = 16 << 10, NOTES_MAX = 256 << 10 };

struct file {
    int descriptor;
    bool is_large; /* ELFCLASS64 */
    bool is_big_endian;
    size_t left; /* of NOTES_MAX */
    note_visitor *visit;
    void *context;
};

/* Where a table of headers lies in the file, and where its entries have what. */
struct table {
    uint64_t start;
    size_t entry_size, count;
    uint32_t note_type;
    size_t type, offset, size, align; /* each in an entry */
};

static bool read_at(const struct file *file, uint64_t offset, void *bytes, size_t size)
{
    return offset <= INT64_MAX - size &&
           pread(file->descriptor, bytes, size, (off_t)offset) == (ssize_t)size;
}

static uint64_t number(const struct file *file, const unsigned char *at, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | at[file->is_big_endian ? i : size - 1 - i];
    return value;
}

/* A field that is as wide as an address. */
static uint64_t wide(const struct file *file, const unsigned char *at)
{
    return number(file, at, file->is_large ? 8 : 4);
}

static void read_notes(struct file *file, const unsigned char *bytes, size_t size, size_t align)
{
    enum { HEADER_SIZE = 12 };

    while (size >= HEADER_SIZE) {
        uint64_t name_size = number(file, bytes, 4), data_size = number(file, bytes + 4, 4);
        uint64_t data = (HEADER_SIZE + name_size + align - 1) / align * align;
        uint64_t end = (data + data_size + align - 1) / align * align;

        struct note note = {.name = bytes + HEADER_SIZE};

        if (data + data_size > size)
            return;
        note.type = number(file, bytes + 8, 4);
        note.name_size = (size_t)name_size;
        note.data = bytes + data;
        note.size = (size_t)data_size;
        file->visit(file->context, &note);
        if (end >= size)
            return;
        bytes += end;
        size -= end;
    }
}

static void read_area(struct file *file, uint64_t offset, uint64_t size, uint64_t align)
{
    static unsigned char bytes[AREA_MAX];

    if (size > sizeof bytes)
        size = sizeof bytes;
    if (size > file->left || !read_at(file, offset, bytes, (size_t)size))
        return;
    file->left -= size;
    read_notes(file, bytes, (size_t)size, align == 8 ? 8 : 4);
}

static void read_table(struct file *file, const struct table *table)
{
    unsigned char entry[sizeof(Elf64_Shdr)];

    for (size_t i = 0; i < table->count; i++) {
        if (!read_at(file, table->start + i * table->entry_size, entry, table->entry_size))
            return;
        if (number(file, entry + table->type, 4) == table->note_type)
            read_area(file, wide(file, entry + table->offset), wide(file, entry + table->size),
                      wide(file, entry + table->align));
    }
}

#define PROGRAM_HEADERS(ehdr, phdr)                                                     \
    {                                                                                   \
        offsetof(ehdr, e_phoff), sizeof(phdr), offsetof(ehdr, e_phnum), PT_NOTE,        \
            offsetof(phdr, p_type), offsetof(phdr, p_offset), offsetof(phdr, p_filesz), \
            offsetof(phdr, p_align)                                                     \
    }
#define SECTION_HEADERS(ehdr, shdr)                                                      \
    {                                                                                    \
        offsetof(ehdr, e_shoff), sizeof(shdr), offsetof(ehdr, e_shnum), SHT_NOTE,        \
            offsetof(shdr, sh_type), offsetof(shdr, sh_offset), offsetof(shdr, sh_size), \
            offsetof(shdr, sh_addralign)                                                 \
    }

/* start and count: where the file's header says them. A separate debug file has its notes only as
 * sections, a stripped one perhaps only as segments. */
static const struct table tables[2][2] = {
    {PROGRAM_HEADERS(Elf32_Ehdr, Elf32_Phdr), SECTION_HEADERS(Elf32_Ehdr, Elf32_Shdr)},
    {PROGRAM_HEADERS(Elf64_Ehdr, Elf64_Phdr), SECTION_HEADERS(Elf64_Ehdr, Elf64_Shdr)},
};

static bool read_header(struct file *file, unsigned char *header, size_t size)
{
    memset(header, 0, size);
    if (!read_at(file, 0, header, sizeof(Elf32_Ehdr)) || memcmp(header, ELFMAG, SELFMAG) != 0)
        return false;
    file->is_large = header[EI_CLASS] == ELFCLASS64;
    file->is_big_endian = header[EI_DATA] == ELFDATA2MSB;
    return !file->is_large || read_at(file, 0, header, size);
}

bool notes_read(int descriptor, note_visitor *visit, void *context)
{
    struct file file = {
        .descriptor = descriptor, .left = NOTES_MAX, .visit = visit, .context = context};
    unsigned char header[sizeof(Elf64_Ehdr)];

    if (!read_header(&file, header, sizeof header))
        return false;
    for (size_t i = 0; i < 2; i++) {
        struct table table = tables[file.is_large][i];

        table.start = wide(&file, header + table.start);
        table.count = (size_t)number(&file, header + table.count, 2);
        if (table.start != 0)
            read_table(&file, &table);
    }
    return true;
}
