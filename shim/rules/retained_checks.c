// SPDX-License-Identifier: MIT
/* Applies the rules to a scan's results, after a comparison with the present state of the process.
 */
#include "base/dropped.h"
#include "base/sys.h"
#include "modules/entries.h"
#include "modules/objects.h"
#include "modules/symbols.h"
#include "registry/libc_state.h"
#include "rules/found.h"
#include "rules/known_registries.h"
#include "rules/passages.h"
#include "rules/retained.h"
#include "rules/rule.h"
#include "rules/stream_blocks.h"
#include "scan/target.h"

#include <signal.h>
#include <string.h>

/* The program continued during the scan, so each result is checked again. */
static bool result_holds(const struct result *result)
{
    uintptr_t word;
    if (result->kind != RESULT_POINTER)
        return heap_is_block(result->start, result->site);
    const struct module *there = modules_find(result->word);
    if (there && there != result->module)
        return false; /* one that came meanwhile */
    const void *slot = (const void *)result->path[result->steps - 1].slot;
    return (!result->site || heap_is_block(result->start, result->site)) &&
           sys_copy_memory(slot, &word, sizeof word) == (ssize_t)sizeof word &&
           word == result->word;
}

/* Read-only once the loader has relocated it: where virtual function tables lie. */
static bool in_relro(const struct module *module, uintptr_t address)
{
    uintptr_t start, end;
    return elf_image_relro(module->phdr, module->phnum, module->bias, &start, &end) &&
           address >= start && address < end;
}

/* A pointer to a function has the address at which it begins. Assembly may be without unwind
 * entries. */
static bool may_be_function(const struct module *module, uintptr_t address)
{
    char name[SYMBOL_MAX];
    uintptr_t start;
    return entry_at(module, address) != ENTRY_NO ||
           (symbol_find_start(module, address, name, &start) && start == address);
}

/* The Itanium C++ ABI's names; without names: what the first word of a block points to where tables
 * lie. */
static enum target_class class_of_constant(const struct module *module, uintptr_t word,
                                           bool is_first)
{
    char name[SYMBOL_MAX];
    if (symbol_find(module, word, name))
        return !memcmp(name, "_ZTV", 4)   ? TARGET_VTABLE
               : !memcmp(name, "_ZTI", 4) ? TARGET_TYPEINFO
                                          : TARGET_DATA;
    return is_first ? TARGET_VTABLE : TARGET_DATA;
}

/* True for the file's headers, and for gaps between and after its sections: a word that leads
 * there is a number that looks like an address, or stands for the whole module. */
static bool is_nothing(const struct module *module, uintptr_t address)
{
    for (unsigned i = 0; i < module->phnum; i++) {
        const ElfW(Phdr) *p = &module->phdr[i];
        uintptr_t at = address - module->bias - p->p_vaddr;
        if (p->p_type == PT_LOAD && at < p->p_memsz)
            return (p->p_offset == 0 &&
                    at < sizeof(ElfW(Ehdr)) + module->phnum * sizeof(ElfW(Phdr))) ||
                   !symbol_is_in_section(module, address);
    }
    return true;
}

/* NONE: to nothing, or into the middle of code, by chance. `is_first`: of the words of a block. */
static enum target_class class_of_word(const struct module *module, uintptr_t word, bool is_first)
{
    if (is_nothing(module, word))
        return TARGET_CLASS_NONE;
    if (module_is_code(module, word))
        return may_be_function(module, word) ? TARGET_CODE : TARGET_CLASS_NONE;
    enum object_found found = objects_find(module, word);
    if (found != OBJECT_NOT_FOUND)
        return found == OBJECT_TYPEINFO ? TARGET_TYPEINFO : TARGET_OBJECT;
    return in_relro(module, word) ? class_of_constant(module, word, is_first) : TARGET_DATA;
}

static enum target_class target_class_of(const struct result *result, const struct module *module)
{
    bool is_first = result->steps > 1 && result->path[result->steps - 1].slot == result->start;
    return class_of_word(module, result->word, is_first);
}

enum { OBJECT_WORDS_MAX = 64 };

/* A block, not a large one, has a pointer to code, a table or an object of the module. */
static bool has_code_pointer(const struct module *module, uintptr_t block, size_t size)
{
    uintptr_t words[OBJECT_WORDS_MAX];
    if (size > sizeof words)
        return false;
    ssize_t n = sys_copy_memory((const void *)block, words, size);
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *words; i++)
        if (words[i] - module->start < module->end - module->start &&
            class_of_word(module, words[i], i == 0) != TARGET_DATA &&
            class_of_word(module, words[i], i == 0) != TARGET_CLASS_NONE)
            return true;
    return false;
}

/* A pointer to data in objects that have a pointer to code, too, which is a finding: of an
 * exception, an object with virtual functions, an entry of a table. */
static bool is_part_of_object(const struct retained *retained)
{
    const struct result *result = retained->result;
    bool is_part = retained->target == TARGET_DATA && result->place_count > 0;
    for (unsigned i = 0; i < result->place_count && is_part; i++)
        is_part = has_code_pointer(result->module, result->places[i].start, result->size);
    return is_part;
}

/* A block may be reused memory with old contents: the word may mean a module that lay there
 * earlier, if it leads to anything in that module. */
static bool is_ambiguous(const struct result *result)
{
    struct module *other = module_ref(result->module), *before;
    bool found = false;
    while (result->site && other && !found) {
        before = modules_find_before(result->word, other);
        module_unref(other);
        other = before;
        found = other && strcmp(other->identity, result->module->identity) != 0 &&
                target_class_of(result, other) != TARGET_CLASS_NONE;
    }
    module_unref(other);
    return found;
}

/*
 * A word that says little: it points into the data of an unloaded module, and lies in a block of
 * another unloaded module. Nobody is left who would follow it on purpose, and it may point to what
 * was mapped there before (perl's own heap, mapped and unmapped, before php's modules came to lie
 * there). The block itself is reported.
 */
static bool is_feeble(const struct result *result, enum target_class target)
{
    const struct module *maker = site_unloaded(site_get(result->site));
    return target == TARGET_DATA && maker && maker != result->module;
}

/* The thread's start routine is the module's. */
static bool thread_runs(pid_t tid, const struct module *module)
{
    bool runs = false;
    if (!lock_acquire(&registry_lock))
        return false;
    for (const struct thread *thread = threads; thread && !runs; thread = thread->next)
        runs = atomic_load(&thread->tid) == tid && thread->routine.module == module;
    lock_release(&registry_lock);
    return runs;
}

static void apply_to_value(const struct retained *retained, struct thread *thread,
                           struct found *found)
{
    uint32_t number = retained->result->path[0].root.key;
    struct value *value = thread_value(thread, number);
    if (value_is_current(value, &keys[number]))
        found_apply(&(struct subject){.class = &value_class,
                                      .retained = retained,
                                      .value = {.number = number,
                                                .key = &keys[number],
                                                .thread = thread,
                                                .value = value}},
                    found);
}

/* The path begins with a thread's value or argument, and nothing else leads there: then it is a
 * finding of that. */
static void apply_to_thread(const struct retained *retained, struct found *found)
{
    const struct root *root = &retained->result->path[0].root;
    if (!lock_acquire(&registry_lock)) {
        drop(DROP_FINDING);
        return;
    }
    struct thread *thread = thread_by_serial_locked(root->thread);
    if (thread && thread_is_live(thread)) {
        if (root->kind == ROOT_VALUE)
            apply_to_value(retained, thread, found);
        else
            found_apply(&(struct subject){.class = &thread_class,
                                          .retained = retained,
                                          .thread = {.thread = thread}},
                        found);
    }
    lock_release(&registry_lock);
}

/* A block that libc made for itself: it reads none of the old words there. */
static bool is_libcs_own(const struct result *result)
{
    const struct site *site = site_get(result->site);
    return site && site->by_libc && result->steps && result->path[0].root.kind == ROOT_LIBC;
}

/* Each place of a word in blocks, up to the first one that is not known; first those at which
 * somebody has written it. */
static void apply_to_places(struct retained *retained, bool all, struct found *found)
{
    const struct result *result = retained->result;
    unsigned count = result->place_count ? result->place_count : 1;
    const struct object_class *class = retained->registry               ? &registry_class
                                       : result->kind == RESULT_POINTER ? &slot_class
                                                                        : &heap_class;
    unsigned end = is_libcs_own(result) ? count : 2 * count;
    for (unsigned i = 0; i < end && (all || found->count == 0); i++) {
        retained->place = result->places[i % count];
        if (retained_is_old(result, &retained->place) == (i >= count))
            found_apply(&(struct subject){.class = class, .retained = retained}, found);
    }
}

/* Registries in which modules still have entries: what their blocks hold is no other finding. */
enum { REGISTRIES_MAX = 64 };

static struct {
    uint32_t module;
    const char *add;
} entered[REGISTRIES_MAX];
static unsigned entered_count;

static bool is_entered(const struct module *module, const struct known_registry *registry)
{
    for (unsigned i = 0; i < entered_count && i < REGISTRIES_MAX; i++)
        if (entered[i].module == module->id && entered[i].add == registry->add.start)
            return true;
    return false;
}

static void note_entered(const struct module *module, const struct known_registry *registry)
{
    if (is_entered(module, registry))
        return;
    entered[entered_count % REGISTRIES_MAX].module = module->id;
    entered[entered_count++ % REGISTRIES_MAX].add = registry->add.start;
}

/*
 * Call sites of which each block that is held has, or leads to, a word that points into the image
 * of the module that made the blocks, and is reported: what such a block is held by is no other
 * finding.
 */
enum { CARRIERS_MAX = 256 };

static struct carrier {
    uint32_t module, site;
    size_t blocks; /* that have the word */
} carriers[CARRIERS_MAX];
static unsigned carrier_count;

static struct carrier *carrier_of(const struct module *module, uint32_t site)
{
    for (unsigned i = 0; i < carrier_count && i < CARRIERS_MAX; i++)
        if (carriers[i].module == module->id && carriers[i].site == site)
            return &carriers[i];
    return NULL;
}

static void note_carrier(const struct module *module, uint32_t site, size_t blocks)
{
    struct carrier *carrier = carrier_of(module, site);
    if (!carrier)
        carrier = &carriers[carrier_count++ % CARRIERS_MAX];
    else if (carrier->blocks >= blocks)
        return;
    *carrier = (struct carrier){module->id, site, blocks};
}

/* The blocks on the path that the module made. Before the last one there is one for certain. */
static void note_carriers(const struct result *result)
{
    for (unsigned i = 1; i < result->steps; i++) {
        uint32_t site = result->path[i].site;
        if (site_unloaded(site_get(site)) == result->module)
            note_carrier(result->module, site, i + 1 < result->steps ? 1 : result_blocks(result));
    }
}

/*
 * Where reported pointers lie: a word beside one that leads to a block of the same module is of the
 * same object, a std::function or a callback with its argument, and whoever removes the one removes
 * the other.
 */
enum { NEIGHBOURS_MAX = 256, NEAR = 2 * sizeof(uintptr_t) };

static struct neighbour {
    uint32_t module;
    uintptr_t slot;
    size_t words; /* there are so many such pointers */
} neighbours[NEIGHBOURS_MAX];
static unsigned neighbour_count;

static void note_neighbour(const struct result *result)
{
    neighbours[neighbour_count++ % NEIGHBOURS_MAX] = (struct neighbour){
        result->module->id, result->path[result->steps - 1].slot, result->blocks};
}

static bool is_beside_pointer(const struct result *result)
{
    if (result->kind != RESULT_HELD || result->steps < 2)
        return false;
    uintptr_t slot = result->path[result->steps - 2].slot;
    for (unsigned i = 0; i < neighbour_count && i < NEIGHBOURS_MAX; i++)
        if (neighbours[i].module == result->module->id &&
            slot - neighbours[i].slot + NEAR <= 2 * NEAR && result->blocks <= neighbours[i].words)
            return true;
    return false;
}

void rules_begin_retained(void)
{
    carrier_count = 0;
    neighbour_count = 0;
}

static bool is_carrier(const struct result *result)
{
    const struct carrier *carrier =
        result->kind == RESULT_HELD ? carrier_of(result->module, result->site) : NULL;
    return carrier && carrier->blocks >= result->blocks;
}

static bool is_part_of_entry(const struct result *result)
{
    struct known_registry row;
    return result->kind == RESULT_HELD && entered_count > 0 && known_registry_made(result, &row) &&
           is_entered(result->module, &row);
}

/* Finds out what a pointer leads to, and of which registry it is an entry; false: it is no
 * finding. */
static bool classify(struct retained *retained, struct known_registry *row)
{
    const struct result *result = retained->result;
    if (result->kind != RESULT_POINTER)
        return !is_part_of_entry(result) && !is_carrier(result) && !is_beside_pointer(result) &&
               !stream_block_is_lost(result) &&
               !(result->kind == RESULT_HELD && known_registry_is_set_again(result));
    retained->target = target_class_of(result, result->module);
    if (retained->target == TARGET_CLASS_NONE)
        return false;
    retained->is_ambiguous = is_ambiguous(result);
    enum registry_entry entry = known_registry_find(result, retained->target == TARGET_CODE, row);
    if (entry == REGISTRY_LIVE && !retained->is_ambiguous) {
        retained->registry = row;
        note_entered(result->module, row);
    }
    return entry != REGISTRY_DEAD && (retained->registry || !is_part_of_object(retained));
}

static bool is_registered(const struct result *result, enum root_kind root)
{
    if (result->kind != RESULT_POINTER || !result->steps)
        return false;
    uintptr_t slot = result->path[result->steps - 1].slot;
    return (root == ROOT_LIBC && libc_was_given(result->word, slot)) || libc_works_with(slot);
}

static struct told told;

void rules_note_told(const struct told *by_kernel)
{
    told = *by_kernel;
}

static bool is_of_told(uintptr_t word)
{
    return word == told.sp || (word >= told.frame && word - told.frame < TOLD_FRAME_MAX);
}

/* The first words of a siginfo_t: signal and error, code, address. */
static bool is_siginfo(const uintptr_t *address)
{
    return address[-2] == (uintptr_t)told.signal && address[-1] > 0 && address[-1] <= SI_KERNEL;
}

static bool is_told(const struct result *result)
{
    enum { AROUND = 8 };
    uintptr_t words[2 * AROUND + 1];
    if (!told.address || result->word != told.address || !result->steps)
        return false;
    const uintptr_t *slot = (const uintptr_t *)result->path[result->steps - 1].slot;
    if (sys_copy_memory(slot - AROUND, words, sizeof words) != (ssize_t)sizeof words)
        return false;
    bool is_it = is_siginfo(&words[AROUND]);
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        is_it |= is_of_told(words[i]);
    return is_it;
}

/* A thread that is in the module has a finding of its own, which is the cause: once it has
 * returned, its stack holds nothing. */
static bool is_held_by_visitor(const struct result *result)
{
    const struct root *root = result->steps ? &result->path[0].root : NULL;
    return root && root->kind == ROOT_STACK &&
           (passage_is_inside(root->tid, result->module) || thread_runs(root->tid, result->module));
}

static void note_reported(const struct result *result)
{
    note_carriers(result);
    note_neighbour(result);
}

bool rules_check_retained(const struct result *result, bool all, rules_known *known,
                          rules_sink *sink, void *data)
{
    struct found found = {.known = known};
    struct retained retained = {.result = result, .place = result->places[0]};
    struct known_registry row;
    if (!result_holds(result))
        return false;
    enum root_kind root = result->steps ? result->path[0].root.kind : ROOT_DATA;
    if (is_registered(result, root) || is_held_by_visitor(result) || is_told(result) ||
        !classify(&retained, &row))
        return true;
    if (root == ROOT_VALUE || root == ROOT_ARGUMENT)
        apply_to_thread(&retained, &found);
    else if (retained.registry || !is_feeble(result, retained.target)) {
        apply_to_places(&retained, all, &found);
        if (result->kind == RESULT_POINTER && !retained.registry)
            note_reported(result);
    }
    found_hand_on(&found, sink, data);
    return true;
}
