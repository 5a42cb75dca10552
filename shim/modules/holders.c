// SPDX-License-Identifier: MIT
#include "modules/holders.h"
#include "modules/handles.h"
#include "modules/link_maps.h"
#include "modules/serials.h"
#include "modules/sightings.h"
#include "modules/tls_counts.h"

#include <string.h>

#if defined(__x86_64__)
enum {
    BIND_SLOT = R_X86_64_JUMP_SLOT,
    BIND_GOT = R_X86_64_GLOB_DAT,
    BIND_WORD = R_X86_64_64,
    BIND_TLS = R_X86_64_DTPMOD64,
};
#elif defined(__aarch64__)
enum {
    BIND_SLOT = R_AARCH64_JUMP_SLOT,
    BIND_GOT = R_AARCH64_GLOB_DAT,
    BIND_WORD = R_AARCH64_ABS64,
    BIND_TLS = R_AARCH64_TLS_DTPMOD,
};
#else
#error "unknown architecture"
#endif

enum { CHAIN_MAX = 8 };

/* One that may be held, with what is between it and the question that was asked first. */
struct held {
    const struct link_map *map, *first; /* the first one of its namespace */
    struct module *module;
    struct elf_image image;
    const struct held *asked_for; /* this one holds that one; NULL: the first question */
    unsigned depth;
};

struct search {
    struct module *of;
    struct holders *found;
};

void holders_add(struct holders *holders, const struct holder *holder)
{
    if (holders->count == HOLDERS_MAX) {
        holders->others++;
        return;
    }
    holders->list[holders->count] = *holder;
    module_ref(holders->list[holders->count++].module);
}

static void add(struct holders *found, enum reason reason, struct module *module, bool flag,
                const char *symbol)
{
    struct holder holder = {.reason = reason, .module = module, .flag = flag};
    for (size_t i = 0; symbol && symbol[i] && i < sizeof holder.symbol - 1; i++)
        holder.symbol[i] = symbol[i];
    holders_add(found, &holder);
}

/* --- what needs what
 * ------------------------------------------------------------------------------------------ */

static bool is_called(const struct link_map *map, const char *name)
{
    struct elf_image image;
    const char *slash = strrchr(map->l_name, '/');
    if (!strcmp(map->l_name, name) || (slash && !strcmp(slash + 1, name)))
        return true;
    elf_image_read_dynamic(&image, map->l_addr, map->l_ld);
    return image.soname && !strcmp(image.soname, name);
}

/* The loader takes the first that has the name. */
static bool is_meant(const struct held *held, const char *name)
{
    if (!is_called(held->map, name))
        return false;
    for (const struct link_map *map = held->first; map && map != held->map; map = map->l_next)
        if (is_called(map, name))
            return false;
    return true;
}

static bool needs(const struct elf_image *image, const struct held *held)
{
    const ElfW(Dyn) *at = NULL;
    for (const char *name; (name = elf_image_needed(image, &at)) != NULL;)
        if (is_meant(held, name))
            return true;
    return false;
}

/* --- what is bound to what
 * --------------------------------------------------------------------------------------- */

/* The word that the loader wrote for this relocation leads into the object; `symbol` is the one
 * there, where it is defined there. Words in data may have been written to since: they must be what
 * the loader makes of the symbol. */
static bool leads_into(const struct elf_image *image, const ElfW(Rela) * rela,
                       const struct held *held, const ElfW(Sym) * *symbol)
{
    unsigned type = ELF64_R_TYPE(rela->r_info);
    bool is_tls = type == BIND_TLS;
    if (type != BIND_SLOT && type != BIND_GOT && type != BIND_WORD && !is_tls)
        return false;
    uintptr_t word = *(const uintptr_t *)(image->bias + rela->r_offset);
    const struct module *module = held->module;
    if (is_tls ? !word || word != module->tls_module : word < module->start || word >= module->end)
        return false;
    const char *name = image->strings + image->symbols[ELF64_R_SYM(rela->r_info)].st_name;
    *symbol = elf_image_symbol(&held->image, name);
    bool is_exact = *symbol && word == module->bias + (*symbol)->st_value + rela->r_addend;
    return *name && (type != BIND_WORD || is_exact);
}

static bool is_unique(const ElfW(Sym) * symbol)
{
    return symbol && ELF64_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE;
}

typedef bool binding_visitor(const char *name, bool unique, void *data);

/* Calls for what of `image` is bound to the object, until `visit` returns true; returns that. */
static bool each_binding_of(const struct elf_image *image, const ElfW(Rela) * rela, size_t count,
                            const struct held *held, binding_visitor *visit, void *data)
{
    bool itself = image->bias == held->image.bias;
    for (size_t i = 0; i < count; i++) {
        const ElfW(Sym) * symbol;
        uint32_t number = ELF64_R_SYM(rela[i].r_info);
        if (!number || (itself && !is_unique(&image->symbols[number])) ||
            !leads_into(image, &rela[i], held, &symbol))
            continue;
        if (visit(image->strings + image->symbols[number].st_name, is_unique(symbol), data))
            return true;
    }
    return false;
}

static bool each_binding(const struct elf_image *image, const struct held *held,
                         binding_visitor *visit, void *data)
{
    return image->symbols && image->strings &&
           (each_binding_of(image, image->jmprel, image->jmprel_count, held, visit, data) ||
            each_binding_of(image, image->rela, image->rela_count, held, visit, data));
}

/* --- whether a holder is there without what it holds
 * ------------------------------------------------------------- */

static bool is_in_chain(const struct held *held, const struct link_map *map)
{
    for (; held; held = held->asked_for)
        if (held->map == map)
            return true;
    return false;
}

static bool any_unique(const char *name, bool unique, void *data)
{
    return unique;
}

static bool any_binding(const char *name, bool unique, void *data)
{
    return true;
}

static bool is_open(const struct module *module)
{
    return handles_count(module) > (int)atomic_load(&module->uncounted);
}

static bool is_rooted(const struct held *held)
{
    const struct module *module = held->module;
    return module->startup || !handles_are_known() || is_open(module) ||
           tls_counts_pending(module) > 0 || module_is_to_stay(module) ||
           atomic_load(&module->kept) || each_binding(&held->image, held, any_unique, NULL);
}

static bool describe(struct held *holder, const struct link_map *map, const struct held *held)
{
    *holder = (struct held){.map = map,
                            .first = held->first,
                            .module = modules_find((uintptr_t)map->l_ld),
                            .asked_for = held,
                            .depth = held->depth + 1};
    elf_image_read_dynamic(&holder->image, map->l_addr, map->l_ld);
    return holder->module && holder->module->handle == map;
}

static bool stays(const struct held *held);

static bool holds(const struct held *holder, const struct held *held)
{
    return needs(&holder->image, held) || each_binding(&holder->image, held, any_binding, NULL);
}

static bool stays(const struct held *held)
{
    struct held holder;
    if (held->depth >= CHAIN_MAX || is_rooted(held))
        return true;
    for (const struct link_map *map = held->first; map; map = map->l_next)
        if (!is_in_chain(held, map) && describe(&holder, map, held) && holds(&holder, held) &&
            stays(&holder))
            return true;
    return false;
}

/* --- the question
 * -------------------------------------------------------------------------------------------------
 */

struct bindings {
    struct holders *found;
    struct module *holder; /* NULL: the module itself */
};

static bool has_symbol(const struct holders *found, enum reason reason, const char *name)
{
    for (unsigned i = 0; i < found->count; i++)
        if (found->list[i].reason == reason &&
            !strncmp(found->list[i].symbol, name, HOLDER_SYMBOL_MAX - 1))
            return true;
    return false;
}

/* A unique symbol holds by itself, whoever is bound to it; of the others one of each holder will
 * do. */
static bool add_binding(const char *name, bool unique, void *data)
{
    const struct bindings *bindings = data;
    if (unique && !has_symbol(bindings->found, REASON_UNIQUE_SYMBOL, name))
        add(bindings->found, REASON_UNIQUE_SYMBOL, NULL, false, name);
    if (unique || !bindings->holder)
        return false;
    add(bindings->found, REASON_RELOCATION, bindings->holder, false, name);
    return true;
}

static void look_at_holder(const struct held *held, const struct link_map *map,
                           struct holders *found)
{
    struct held holder;
    struct bindings bindings = {.found = found};
    if (!describe(&holder, map, held))
        return;
    bool is_needed = needs(&holder.image, held);
    bool may_be_named = is_needed || each_binding(&holder.image, held, any_binding, NULL);
    if (!may_be_named)
        return;
    if (stays(&holder)) {
        bindings.holder = is_needed ? NULL : holder.module;
        if (is_needed)
            add(found, REASON_DEPENDENCY, holder.module, false, NULL);
    }
    each_binding(&holder.image, held, add_binding, &bindings);
}

static void look_at_itself(const struct held *held, struct holders *found)
{
    struct bindings bindings = {.found = found};
    const struct module *module = held->module;
    if (module_is_to_stay(module))
        add(found, REASON_NODELETE, NULL, module->marked_nodelete, NULL);
    each_binding(&held->image, held, add_binding, &bindings);
}

static const struct link_map *first_of(const struct link_map *wanted)
{
    const struct link_map *first, *map;
    for (unsigned n = 0; (first = link_maps_first(n)) != NULL; n++)
        for (map = first; map; map = map->l_next)
            if (map == wanted)
                return first;
    return NULL;
}

/* False: it is not in the loader's list any more. */
static bool hold(struct held *held, struct module *module)
{
    *held = (struct held){.map = module->handle, .module = module};
    held->first = held->map ? first_of(held->map) : NULL;
    if (!held->first || module_is_unloaded(module) ||
        !sighting_is_load(module, serials_of(held->map)))
        return false;
    elf_image_read_dynamic(&held->image, held->map->l_addr, held->map->l_ld);
    return true;
}

static void search(void *data)
{
    struct search *search = data;
    struct held held;
    if (!hold(&held, search->of))
        return;
    if (held.module->startup) {
        add(search->found, REASON_STARTUP, NULL, false, NULL);
        return;
    }
    look_at_itself(&held, search->found);
    for (const struct link_map *map = held.first; map; map = map->l_next)
        if (map != held.map)
            look_at_holder(&held, map, search->found);
}

void holders_find(struct module *of, struct holders *found)
{
    struct search of_module = {of, found};
    *found = (struct holders){0};
    link_maps_hold(search, &of_module);
}

/* --- for good
 * ---------------------------------------------------------------------------------------------
 */

static bool has_bound_unique(const struct held *held)
{
    struct held holder;
    for (const struct link_map *map = held->first; map; map = map->l_next)
        if (describe(&holder, map, held) && each_binding(&holder.image, held, any_unique, NULL))
            return true;
    return false;
}

static void look_whether_kept(void *data)
{
    struct module *module = data;
    struct held held;
    if (!hold(&held, module))
        return;
    if (has_bound_unique(&held))
        atomic_store(&module->undeletable, true);
}

bool holders_keep_for_good(struct module *module)
{
    if (!module_is_undeletable(module))
        link_maps_hold(look_whether_kept, module);
    return module_is_undeletable(module);
}

void holders_release(struct holders *found)
{
    for (unsigned i = 0; i < found->count; i++) {
        module_unref(found->list[i].module);
        module_unref(found->list[i].function_module);
    }
    found->count = 0;
}
