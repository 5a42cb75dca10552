// SPDX-License-Identifier: MIT
#include "rules/known_registries.h"
#include "base/sys.h"
#include "modules/symbols.h"
#include "ownership/common.h"
#include "ownership/sites.h"
#include "rules/paths.h"

static bool is_in(struct span globs, const char *name)
{
    while (globs.start < globs.end) {
        struct span glob = span_take(&globs, ',');
        if (common_glob(glob.start, span_length(glob), name))
            return true;
    }
    return false;
}

static bool is_of_library(const struct known_registry *row, const struct module *module)
{
    return module && is_in(row->library, module->identity);
}

static void set_call(struct known_registry *row, struct span name)
{
    size_t length = span_length(name);
    if (length >= sizeof row->call)
        length = sizeof row->call - 1;
    memcpy(row->call, name.start, length);
    row->call[length] = '\0';
}

static bool is_adding(const char *name, void *data)
{
    struct known_registry *row = data;
    if (!is_in(row->add, name))
        return false;
    set_call(row, span_of(name));
    return true;
}

/* A call site stands for the frames of common modules and one more. */
static bool is_made_by(uint32_t number, struct known_registry *row)
{
    char name[SYMBOL_MAX];
    const struct site *site = site_get(number);
    const struct stack *stack = site ? site->stack : NULL;
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (is_of_library(row, frame->module) && symbol_find(frame->module, frame->pc - 1, name) &&
            is_adding(name, row)) {
            row->of = frame->module;
            return true;
        }
        if (!frame->module || !frame->module->common)
            return false;
    }
    return false;
}

static bool takes_call(const struct module *module, const struct known_registry *row)
{
    struct known_registry copy = *row; /* is_adding sets the call */
    return symbol_any_import(module, is_adding, &copy);
}

/* Did another plug-in, without the module, ask the library for the block? */
static bool is_of_other_plugin(uint32_t number, const struct module *module,
                               const struct known_registry *row)
{
    const struct site *site = site_get(number);
    const struct stack *stack = site ? site->stack : NULL;
    const struct module *requester = NULL;
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        const struct module *m = stack->frames[i].module;
        if (m == module)
            return false;
        if (!requester && m && !m->common && !is_of_library(row, m))
            requester = m;
    }
    return requester && !module_is_permanent(requester);
}

/* The former contents of few blocks were noted when they were made: a field that the library does
 * not set may hold a word of a module that has nothing to do with the entry. */
static bool may_be_older(const struct result *result, const struct known_registry *row)
{
    return is_of_other_plugin(result->site, result->module, row) &&
           !takes_call(result->module, row);
}

/* A block of another maker is no part of the registry, and is only reachable from it. */
static bool is_of_somebody(uint32_t number, const struct result *result,
                           const struct known_registry *row)
{
    const struct site *site = site_get(number);
    const struct module *owner = site ? site->owner.module : NULL;
    return owner && !owner->common && owner != result->module && !is_of_library(row, owner);
}

static bool is_all_its(const struct result *result, const struct known_registry *row)
{
    for (unsigned i = 1; i < result->steps; i++)
        if (is_of_somebody(result->path[i].site, result, row))
            return false;
    return true;
}

/* Where many functions add entries, or none does, the variable is better evidence. */
static bool is_named(struct known_registry *row, const struct step *variable)
{
    char name[SYMBOL_MAX];
    uintptr_t offset;
    if (!path_symbol(variable, name, &offset) || !is_in(row->variable, name))
        return false;
    if (span_find(row->add, '*'))
        set_call(row, span_of(name));
    return true;
}

static unsigned depth_of(const struct result *result)
{
    return result->steps - 1 + result->skipped;
}

static bool read_program(uintptr_t from, void *to, size_t size)
{
    return sys_copy_memory((const void *)from, to, size) == (ssize_t)size;
}

/* The library's table to which the variable points: where its entries begin, and how many there
 * are. False: the block is none, or is too small for so many. */
static bool read_table(const struct result *result, const struct known_registry *row,
                       uintptr_t *first, uint32_t *count)
{
    const struct step *block = &result->path[result->steps - 1];
    const struct site *site = site_get(block->site);
    uintptr_t variable = result->path[0].slot;
    return depth_of(result) == 1 && site && is_of_library(row, site->owner.module) &&
           read_program(variable, first, sizeof *first) &&
           read_program(variable + (uintptr_t)(intptr_t)row->count, count, sizeof *count) &&
           *first - block->start < block->size &&
           *count <= (block->start + block->size - *first) / row->size;
}

/* Behind its last entry a table keeps what was there. */
static bool is_live(const struct result *result, const struct known_registry *row)
{
    uintptr_t first;
    uint32_t count;
    return !row->has_count || !read_table(result, row, &first, &count) ||
           (result->path[1].slot - first) / row->size < count;
}

static bool has_form(const struct result *result, struct known_registry *row)
{
    uintptr_t first;
    uint32_t count;
    return (row->variable.start || row->has_count) &&
           (!row->variable.start || is_named(row, &result->path[0])) &&
           (!row->has_count || read_table(result, row, &first, &count));
}

/* How an entry is recognised, the surest first. */
enum evidence { BY_MAKER, BY_FORM, BY_DEPTH, EVIDENCE_COUNT };

static bool has_evidence(const struct result *result, enum evidence evidence,
                         struct known_registry *row)
{
    struct span names = row->add;
    if (evidence == BY_MAKER)
        return is_made_by(result->site, row) && !may_be_older(result, row);
    row->of = result->path[0].root.module;
    set_call(row, span_take(&names, ','));
    if (evidence == BY_FORM)
        return has_form(result, row);
    return !row->variable.start && !row->has_count && row->has_blocks &&
           symbol_any_import(result->module, is_adding, row);
}

static bool begins_in_library(const struct result *result, const struct known_registry *row)
{
    const struct root *root = &result->path[0].root;
    bool is_variable = root->kind == ROOT_DATA || root->kind == ROOT_TLS || root->kind == ROOT_LIBC;
    return is_variable && is_of_library(row, root->module);
}

static bool matches(const struct result *result, bool is_code, enum evidence evidence,
                    struct known_registry *row)
{
    unsigned depth = depth_of(result);
    return begins_in_library(result, row) && (!row->is_code || is_code) &&
           (!row->is_data || !is_code) && depth >= row->fewest && depth <= row->most &&
           is_all_its(result, row) && has_evidence(result, evidence, row);
}

static bool find(const struct result *result, bool is_code, enum evidence evidence,
                 struct known_registry *row)
{
    struct registry_cursor cursor = registry_rows();
    while (registry_rows_next(&cursor, row))
        if (!row->is_set_again && matches(result, is_code, evidence, row))
            return true;
    return false;
}

/* Wherever else the block is reached from: it is of no use without a new call. */
bool known_registry_is_set_again(const struct result *result)
{
    struct known_registry row;
    struct registry_cursor cursor = registry_rows();
    while (registry_rows_next(&cursor, &row))
        if (row.is_set_again && is_made_by(result->site, &row))
            return true;
    return false;
}

static bool begins_in_module(const struct result *result)
{
    return result->steps > 0 && result->path[0].root.module;
}

enum registry_entry known_registry_find(const struct result *result, bool is_code,
                                        struct known_registry *row)
{
    if (known_registry_is_set_again(result))
        return REGISTRY_DEAD;
    if (!begins_in_module(result))
        return REGISTRY_NONE;
    for (enum evidence evidence = BY_MAKER; evidence < EVIDENCE_COUNT; evidence++)
        if (find(result, is_code, evidence, row))
            return is_live(result, row) ? REGISTRY_LIVE : REGISTRY_DEAD;
    return REGISTRY_NONE;
}

bool known_registry_made(const struct result *result, struct known_registry *row)
{
    struct registry_cursor cursor = registry_rows();
    while (begins_in_module(result) && registry_rows_next(&cursor, row))
        if (!row->is_set_again && begins_in_library(result, row) && is_made_by(result->site, row))
            return true;
    return false;
}
