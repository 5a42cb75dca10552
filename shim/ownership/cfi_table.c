// SPDX-License-Identifier: MIT
#include "ownership/cfi_table.h"
#include "base/sys.h"
#include "modules/modules.h"
#include "modules/object_at.h"

#include <string.h>

uint64_t cfi_fixed(struct cfi_bytes *bytes, unsigned size)
{
    uint64_t value = 0;
    if ((size_t)(bytes->end - bytes->at) < size) {
        bytes->failed = true;
        return 0;
    }
    memcpy(&value, bytes->at, size); /* both architectures are little-endian */
    bytes->at += size;
    return value;
}

int64_t cfi_signed(struct cfi_bytes *bytes, unsigned size)
{
    unsigned unused = 64 - 8 * size;
    return (int64_t)(cfi_fixed(bytes, size) << unused) >> unused;
}

uint64_t cfi_uleb(struct cfi_bytes *bytes)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = cfi_fixed(bytes, 1);
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    bytes->failed = true;
    return 0;
}

int64_t cfi_sleb(struct cfi_bytes *bytes)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = cfi_fixed(bytes, 1);
        value |= (byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if ((byte & 0x40) && shift + 7 < 64)
            value |= ~(uint64_t)0 << (shift + 7);
        return (int64_t)value;
    }
    bytes->failed = true;
    return 0;
}

/* DW_EH_PE_*: the form of a pointer is in the lower half of its encoding, what it is relative to in
 * the upper one. */
enum { ABSOLUTE = 0x00, UDATA2 = 0x02, UDATA4 = 0x03, UDATA8 = 0x04, SIGNED = 0x08 };
enum { PC_RELATIVE = 0x10, DATA_RELATIVE = 0x30, FORM = 0x0f, RELATION = 0x70, OMITTED = 0xff };

/* The tables of one object, and how they are read. */
struct tables {
    uintptr_t start, end;      /* the object's range: nothing outside is read in place */
    uintptr_t index;           /* .eh_frame_hdr, */
    size_t size;               /* at most so long, */
    size_t count;              /* with so many rows */
    struct cfi_copies *copies; /* or NULL */
};

struct index_header {
    unsigned char version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t count;
};

struct index_row {
    int32_t code, entry; /* relative to the start of .eh_frame_hdr */
};

/* Through the kernel where there is a place for copies: then nothing can fault. */
static bool read_exactly(const struct tables *tables, uintptr_t at, void *to, size_t size)
{
    if (tables->copies)
        return sys_copy_memory((const void *)at, to, size) == (ssize_t)size;
    if (at < tables->start || at > tables->end || size > tables->end - at)
        return false;
    memcpy(to, (const void *)at, size);
    return true;
}

/* As our list has it, where the loader cannot be asked. */
static bool find_in_list(struct tables *tables, uintptr_t address)
{
    const struct module *module = modules_find(address);
    for (unsigned i = 0; module && i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        if (p->p_type != PT_GNU_EH_FRAME)
            continue;
        tables->start = module->start;
        tables->end = module->end;
        tables->index = module->bias + p->p_vaddr;
        tables->size = p->p_memsz;
        return true;
    }
    return false;
}

/* The object that lies there now. */
static bool find_tables(struct tables *tables, uintptr_t address)
{
    struct dl_find_object found;
    if (!object_at_works())
        return find_in_list(tables, address);
    if (!object_at(address, &found) || !found.dlfo_eh_frame)
        return false;
    tables->start = (uintptr_t)found.dlfo_map_start;
    tables->end = (uintptr_t)found.dlfo_map_end;
    tables->index = (uintptr_t)found.dlfo_eh_frame;
    if (tables->index < tables->start || tables->index >= tables->end) {
        /* Where something else lies between a program's segments, the loader names one segment. The
         * program stays. */
        tables->start = 0;
        tables->end = UINTPTR_MAX;
    }
    tables->size = tables->end - tables->index;
    return true;
}

/* All linkers write a table of 4-byte offsets. */
static bool read_index(struct tables *tables)
{
    struct index_header header;
    if (tables->size < sizeof header ||
        !read_exactly(tables, tables->index, &header, sizeof header) || header.version != 1 ||
        (header.frame_encoding & 0x07) != UDATA4 || header.count_encoding != UDATA4 ||
        header.table_encoding != (DATA_RELATIVE | SIGNED | UDATA4))
        return false;
    tables->count = header.count;
    return tables->count <= (tables->size - sizeof header) / sizeof(struct index_row);
}

/* The last row that begins at or before the address. */
static bool search_index(const struct tables *tables, uintptr_t address, uintptr_t *entry)
{
    size_t low = 0, high = tables->count;
    int64_t wanted = (int64_t)(address - tables->index);
    struct index_row row, found = {0};
    while (low < high) {
        size_t middle = (low + high) / 2;
        uintptr_t at = tables->index + sizeof(struct index_header) + middle * sizeof row;
        if (!read_exactly(tables, at, &row, sizeof row))
            return false;
        if (row.code > wanted) {
            high = middle;
        } else {
            found = row;
            low = middle + 1;
        }
    }
    *entry = tables->index + (uintptr_t)(intptr_t)found.entry;
    return low > 0;
}

/* Bytes of the program's memory, or a copy; relative pointers need their own address. */
struct record {
    struct cfi_bytes bytes;
    const unsigned char *start;
    uintptr_t address;
};

/* Copies the record to `to`, or leaves it in place where `to` is NULL. */
static bool read_record(const struct tables *tables, struct record *record, uintptr_t address,
                        unsigned char *to, size_t max)
{
    uint32_t length;
    uintptr_t at = address + sizeof length;
    if (!read_exactly(tables, address, &length, sizeof length) || length < 4 ||
        length == UINT32_MAX) /* says that a length of 8 bytes follows */
        return false;
    const unsigned char *start = to ? to : (const unsigned char *)at;
    if (to && (length > max || !read_exactly(tables, at, to, length)))
        return false;
    if (!to && length > tables->end - at)
        return false;
    *record = (struct record){{start, start + length, false}, start, at};
    return true;
}

static unsigned pointer_size(unsigned encoding)
{
    switch (encoding & 0x07) {
    case UDATA2:
        return 2;
    case UDATA4:
        return 4;
    default:
        return 8;
    }
}

static uintptr_t read_pointer(struct record *record, unsigned encoding)
{
    uintptr_t here = record->address + (uintptr_t)(record->bytes.at - record->start);
    unsigned form = encoding & FORM, size = pointer_size(encoding);
    if (form != ABSOLUTE && (form & 0x07) != UDATA2 && (form & 0x07) != UDATA4 &&
        (form & 0x07) != UDATA8)
        record->bytes.failed = true;
    uintptr_t value = form & SIGNED ? (uintptr_t)cfi_signed(&record->bytes, size)
                                    : (uintptr_t)cfi_fixed(&record->bytes, size);
    if ((encoding & RELATION) == PC_RELATIVE)
        return value + here;
    if (encoding & RELATION)
        record->bytes.failed = true;
    return value;
}

/* "zPLR" and the like; sets the parts that FDEs need. */
static void read_augmentation(struct record *record, const char *letters, struct cfi_entry *entry,
                              unsigned *encoding)
{
    uint64_t length = cfi_uleb(&record->bytes);
    if (length > (uint64_t)(record->bytes.end - record->bytes.at)) {
        record->bytes.failed = true;
        return;
    }
    const unsigned char *after = record->bytes.at + length;
    for (; *letters; letters++) {
        if (*letters == 'R')
            *encoding = (unsigned)cfi_fixed(&record->bytes, 1);
        else if (*letters == 'L')
            cfi_fixed(&record->bytes, 1);
        else if (*letters == 'P')
            cfi_fixed(&record->bytes, pointer_size((unsigned)cfi_fixed(&record->bytes, 1)));
        else if (*letters == 'S')
            entry->is_signal = true;
        else if (*letters != 'B')
            break;
    }
    record->bytes.at = after;
}

static bool read_common(const struct tables *tables, struct cfi_entry *entry, uintptr_t address,
                        unsigned *encoding, bool *augmented)
{
    struct record record;
    unsigned char *to = tables->copies ? tables->copies->cie : NULL;
    if (!read_record(tables, &record, address, to, CFI_CIE_MAX) || cfi_fixed(&record.bytes, 4) != 0)
        return false;
    uint64_t version = cfi_fixed(&record.bytes, 1);
    const char *letters = (const char *)record.bytes.at;
    while (cfi_fixed(&record.bytes, 1) != 0)
        ;
    if ((version != 1 && version != 3) || record.bytes.failed || (*letters && *letters != 'z'))
        return false;
    entry->code_factor = cfi_uleb(&record.bytes);
    entry->data_factor = cfi_sleb(&record.bytes);
    entry->return_register = version == 1 ? cfi_fixed(&record.bytes, 1) : cfi_uleb(&record.bytes);
    *augmented = *letters == 'z';
    if (*augmented)
        read_augmentation(&record, letters + 1, entry, encoding);
    entry->common = record.bytes;
    return !record.bytes.failed;
}

static bool read_entry(const struct tables *tables, struct cfi_entry *entry, uintptr_t address)
{
    struct record record;
    unsigned encoding = ABSOLUTE;
    bool augmented;
    unsigned char *to = tables->copies ? tables->copies->fde : NULL;
    if (!read_record(tables, &record, address, to, CFI_FDE_MAX))
        return false;
    uintptr_t back = cfi_fixed(&record.bytes, 4);
    if (back == 0 || !read_common(tables, entry, record.address - back, &encoding, &augmented))
        return false;
    entry->start = read_pointer(&record, encoding);
    entry->end = entry->start + read_pointer(&record, encoding & FORM);
    if (augmented) {
        uint64_t length = cfi_uleb(&record.bytes);
        if (length > (uint64_t)(record.bytes.end - record.bytes.at))
            return false;
        record.bytes.at += length;
    }
    entry->own = record.bytes;
    return !record.bytes.failed;
}

bool cfi_find(struct cfi_entry *entry, uintptr_t address, struct cfi_copies *copies)
{
    struct tables tables = {.copies = copies};
    uintptr_t at;
    entry->is_signal = false;
    return find_tables(&tables, address) && read_index(&tables) &&
           search_index(&tables, address, &at) && read_entry(&tables, entry, at) &&
           address >= entry->start && address < entry->end;
}
