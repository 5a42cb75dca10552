// SPDX-License-Identifier: MIT
#include "symbolize/variables.h"

#include "base/memory.h"

#include <ctype.h>
#include <dwarf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many entries take some tenths of a second; scopes and types of programs are not nested deeper.
 */
enum { ENTRIES_MAX = 2 << 20, DEPTH_MAX = 64, DIMENSIONS_MAX = 8, NAME_MAX_LENGTH = 256 };

struct variable {
    uint64_t start, size;
    bool is_tls;
    Dwarf_Die type;
};

struct variables {
    struct variable *items; /* sorted */
    size_t count, visited;
};

static bool type_of(Dwarf_Die *entry, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    return dwarf_formref_die(dwarf_attr_integrate(entry, DW_AT_type, &attribute), type) != NULL &&
           dwarf_peel_type(type, type) == 0;
}

/* DWARF 5 may keep the address in a table. */
static bool address_of(Dwarf_Attribute *location, const Dwarf_Op *operation, Dwarf_Addr *address)
{
    Dwarf_Attribute indexed;

    if (operation->atom == DW_OP_addr) {
        *address = operation->number;
        return true;
    }
    return (operation->atom == DW_OP_addrx || operation->atom == DW_OP_GNU_addr_index) &&
           dwarf_getlocation_attr(location, operation, &indexed) == 0 &&
           dwarf_formaddr(&indexed, address) == 0;
}

static bool read_location(Dwarf_Die *entry, struct variable *variable)
{
    Dwarf_Attribute location;
    Dwarf_Op *operations;
    size_t count;

    if (dwarf_getlocation(dwarf_attr(entry, DW_AT_location, &location), &operations, &count) != 0)
        return false;
    if (count == 1)
        return address_of(&location, operations, &variable->start);
    variable->is_tls = count == 2 && (operations[1].atom == DW_OP_GNU_push_tls_address ||
                                      operations[1].atom == DW_OP_form_tls_address);
    variable->start = operations[0].number;
    return variable->is_tls &&
           (operations[0].atom == DW_OP_const8u || operations[0].atom == DW_OP_const4u);
}

static void add(struct variables *variables, Dwarf_Die *entry)
{
    struct variable variable = {0};

    if (read_location(entry, &variable) && type_of(entry, &variable.type) &&
        dwarf_aggregate_size(&variable.type, &variable.size) == 0)
        ARRAY_PUSH(variables->items, variables->count, variable);
}

/* Definitions of static members of classes are outside of them. */
static void visit(struct variables *variables, Dwarf_Die *parent, unsigned depth)
{
    Dwarf_Die entry;

    if (depth == DEPTH_MAX || dwarf_child(parent, &entry) != 0)
        return;
    do {
        int tag = dwarf_tag(&entry);

        if (tag == DW_TAG_variable)
            add(variables, &entry);
        else if (tag == DW_TAG_namespace || tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block)
            visit(variables, &entry, depth + 1);
    } while (++variables->visited < ENTRIES_MAX && dwarf_siblingof(&entry, &entry) == 0);
}

static int by_start(const void *left, const void *right)
{
    const struct variable *a = left, *b = right;

    return a->is_tls != b->is_tls ? (int)a->is_tls - (int)b->is_tls
                                  : (a->start > b->start) - (a->start < b->start);
}

struct variables *variables_read(Dwarf *debug)
{
    struct variables *variables = memory_zeroed(sizeof *variables);
    Dwarf_CU *unit = NULL;
    Dwarf_Die top;

    while (variables->visited < ENTRIES_MAX &&
           dwarf_get_units(debug, unit, &unit, NULL, NULL, &top, NULL) == 0)
        visit(variables, &top, 0);
    if (variables->count > 0)
        qsort(variables->items, variables->count, sizeof *variables->items, by_start);
    return variables;
}

void variables_free(struct variables *variables)
{
    if (variables == NULL)
        return;
    free(variables->items);
    free(variables);
}

static const struct variable *find(const struct variables *variables, uint64_t address, bool is_tls)
{
    for (size_t low = 0, high = variables->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        const struct variable *at = &variables->items[middle];

        if (at->is_tls == is_tls && address >= at->start && address - at->start < at->size)
            return at;
        if (by_start(&(struct variable){.start = address, .is_tls = is_tls}, at) < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Where one is in another: in the type, and after the last one that has a name. */
struct part {
    Dwarf_Die type;
    uint64_t offset, named_offset;
};

static bool read_length(Dwarf_Die *dimension, Dwarf_Word *length)
{
    Dwarf_Attribute attribute;
    Dwarf_Word last;

    if (dwarf_formudata(dwarf_attr_integrate(dimension, DW_AT_count, &attribute), length) == 0)
        return *length > 0;
    if (dwarf_formudata(dwarf_attr_integrate(dimension, DW_AT_upper_bound, &attribute), &last) != 0)
        return false;
    *length = last + 1;
    return *length > 0;
}

/* The lengths of an array, the outermost first; of that nobody needs to know it. */
static size_t read_lengths(Dwarf_Die *array, Dwarf_Word lengths[static DIMENSIONS_MAX])
{
    size_t count = 0;
    Dwarf_Die child;
    int status = dwarf_child(array, &child);

    for (; status == 0; status = dwarf_siblingof(&child, &child)) {
        if (dwarf_tag(&child) != DW_TAG_subrange_type)
            continue;
        if (count == DIMENSIONS_MAX || (!read_length(&child, &lengths[count]) && count > 0))
            return 0;
        count++;
    }
    return count;
}

static bool enter_array(FILE *out, struct part *part)
{
    Dwarf_Word lengths[DIMENSIONS_MAX], size;
    size_t count = read_lengths(&part->type, lengths);
    Dwarf_Die element;

    if (count == 0 || !type_of(&part->type, &element) || dwarf_aggregate_size(&element, &size) != 0)
        return false;
    for (size_t i = 1; i < count; i++) {
        if (__builtin_mul_overflow(size, lengths[i], &size))
            return false;
    }
    for (size_t i = 0; i < count && size > 0; i++) {
        fprintf(out, "[%" PRIu64 "]", part->offset / size);
        part->offset %= size;
        size /= i + 1 < count ? lengths[i + 1] : 1;
    }
    part->named_offset = part->offset;
    part->type = element;
    return size > 0;
}

/* Of a union each is at the start. */
static bool read_place(Dwarf_Die *member, struct variable *place)
{
    Dwarf_Attribute attribute;

    place->start = 0;
    if (dwarf_hasattr_integrate(member, DW_AT_external) ||
        dwarf_hasattr_integrate(member, DW_AT_virtuality) ||
        dwarf_hasattr_integrate(member, DW_AT_bit_size))
        return false;
    if (dwarf_attr_integrate(member, DW_AT_data_member_location, &attribute) != NULL &&
        dwarf_formudata(&attribute, &place->start) != 0)
        return false;
    return type_of(member, &place->type) && dwarf_aggregate_size(&place->type, &place->size) == 0;
}

/* Names that are the implementation's own: fields of the C++ library's containers. Only the
 * elements of its arrays are the user's. */
static bool is_reserved(const char *name)
{
    return name[0] == '_' && (name[1] == '_' || isupper((unsigned char)name[1]));
}

enum entered { ENTERED, NOT_ENTERED, IS_RESERVED };

static enum entered enter_member(FILE *out, Dwarf_Die *member, struct part *part)
{
    const char *name = dwarf_tag(member) == DW_TAG_member ? dwarf_diename(member) : NULL;
    struct variable place;

    if (!read_place(member, &place) || part->offset < place.start ||
        part->offset - place.start >= place.size)
        return NOT_ENTERED;
    if (name != NULL && is_reserved(name) && dwarf_tag(&place.type) != DW_TAG_array_type)
        return IS_RESERVED;
    part->type = place.type;
    part->offset -= place.start;
    if (name != NULL && !is_reserved(name)) {
        fprintf(out, ".%.*s", NAME_MAX_LENGTH, name);
        part->named_offset = part->offset;
    }
    return ENTERED;
}

static enum entered enter_structure(FILE *out, struct part *part)
{
    enum entered entered = NOT_ENTERED;
    Dwarf_Die child;
    int status = dwarf_child(&part->type, &child);

    for (; status == 0 && entered == NOT_ENTERED; status = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);

        if (tag == DW_TAG_member || tag == DW_TAG_inheritance)
            entered = enter_member(out, &child, part);
    }
    return entered;
}

/* Which member of a union is in use nobody can tell. */
static enum entered enter(FILE *out, struct part *part)
{
    int tag = dwarf_tag(&part->type);

    if (tag == DW_TAG_array_type)
        return enter_array(out, part) ? ENTERED : NOT_ENTERED;
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type ? enter_structure(out, part)
                                                                    : NOT_ENTERED;
}

char *variables_part(const struct variables *variables, uint64_t address, bool is_tls)
{
    const struct variable *variable = find(variables, address, is_tls);
    enum entered entered = ENTERED;
    char *text = NULL;
    size_t size = 0;
    struct part part;
    FILE *out;

    if (variable == NULL || (out = open_memstream(&text, &size)) == NULL)
        return NULL;
    part = (struct part){variable->type, address - variable->start, address - variable->start};
    for (unsigned depth = 0; entered == ENTERED && depth < DEPTH_MAX; depth++)
        entered = enter(out, &part);
    if (part.named_offset > 0 && entered != IS_RESERVED)
        fprintf(out, "+0x%" PRIx64, part.named_offset);
    fclose(out);
    return text;
}
