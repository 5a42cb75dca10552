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

enum { TARGETS_MAX = 16 };

/* An object of the namespace. */
struct node {
    const struct link_map *map;
    struct module *module; /* NULL: not in our list */
    struct elf_image image;
    bool is_reached;   /* it holds the module asked for, or a holder of it, and so on */
    bool is_followed;  /* its holders were searched for */
    bool stays;        /* it stays without the module asked for */
    bool needs, binds; /* it holds the module asked for itself, for these reasons */
    bool is_needed;    /* by the module asked for, or by one that this needs; */
    bool is_expanded;  /* and the modules that it needs are marked, too */
};

/* An object that keeps another one mapped. */
struct link {
    const struct node *holder;
    struct node *held;
    struct link *next;
};

struct search {
    struct module *of;
    struct holders *found;
    struct node *nodes; /* in the loader's order */
    unsigned count;
    struct node *asked; /* the node of that module */
    struct link *links;
};

/* Modules whose holders one pass searches for. */
struct targets {
    struct node *list[TARGETS_MAX];
    bool is_met[TARGETS_MAX];
    unsigned count;
};

void holders_add(struct holders *holders, const struct holder *holder)
{
    if (holders->count == HOLDERS_MAX) {
        holders->others++;
        return;
    }
    struct holder *copy = &holders->list[holders->count++];
    *copy = *holder;
    module_ref(copy->module);
    module_ref(copy->function_module);
    copy->symbol = holder->symbol ? arena_strdup(holder->symbol) : NULL;
}

static bool is_called(const struct node *node, const char *name)
{
    const char *slash = strrchr(node->map->l_name, '/');
    return !strcmp(node->map->l_name, name) || (slash && !strcmp(slash + 1, name)) ||
           (node->image.soname && !strcmp(node->image.soname, name));
}

/* The loader takes the first that has the name. */
static bool is_meant(const struct search *search, const struct node *node, const char *name)
{
    if (!is_called(node, name))
        return false;
    for (const struct node *before = search->nodes; before < node; before++)
        if (is_called(before, name))
            return false;
    return true;
}

static void meet_needed(const struct search *search, const struct node *node,
                        struct targets *targets)
{
    const ElfW(Dyn) *at = NULL;
    for (const char *name; (name = elf_image_needed(&node->image, &at)) != NULL;)
        for (unsigned i = 0; i < targets->count; i++)
            targets->is_met[i] |= is_meant(search, targets->list[i], name);
}

static bool points_into(uintptr_t word, bool is_tls, const struct module *module)
{
    return is_tls ? word && word == module->tls_module
                  : word >= module->start && word < module->end;
}

/* The symbol of the object that the loader bound this relocation to; words in data may have been
 * written to since: they must be what the loader makes of the symbol. */
static bool is_binding(const struct elf_image *image, const ElfW(Rela) * rela, uintptr_t word,
                       const struct node *held, const ElfW(Sym) * *symbol)
{
    const char *name = image->strings + image->symbols[ELF64_R_SYM(rela->r_info)].st_name;
    *symbol = elf_image_symbol(&held->image, name);
    bool is_exact = *symbol && word == held->module->bias + (*symbol)->st_value + rela->r_addend;
    return *name && (ELF64_R_TYPE(rela->r_info) != BIND_WORD || is_exact);
}

static bool is_unique(const ElfW(Sym) * symbol)
{
    return symbol && ELF64_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE;
}

/* `number` is that of the target. */
typedef bool binding_visitor(const char *name, bool unique, unsigned number, void *data);

struct visit {
    const struct elf_image *image;
    const struct targets *targets;
    binding_visitor *visit;
    void *data;
};

static bool visit_binding(const struct visit *visit, const ElfW(Rela) * rela)
{
    const struct elf_image *image = visit->image;
    const ElfW(Sym) *own = &image->symbols[ELF64_R_SYM(rela->r_info)], *symbol;
    unsigned type = ELF64_R_TYPE(rela->r_info);
    if (type != BIND_SLOT && type != BIND_GOT && type != BIND_WORD && type != BIND_TLS)
        return false;
    uintptr_t word = *(const uintptr_t *)(image->bias + rela->r_offset);
    for (unsigned i = 0; i < visit->targets->count; i++) {
        const struct node *held = visit->targets->list[i];
        bool is_itself = image->bias == held->image.bias;
        if (points_into(word, type == BIND_TLS, held->module) && (!is_itself || is_unique(own)) &&
            is_binding(image, rela, word, held, &symbol))
            return visit->visit(image->strings + own->st_name, is_unique(symbol), i, visit->data);
    }
    return false;
}

static bool visit_bindings(const struct visit *visit, const ElfW(Rela) * rela, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ELF64_R_SYM(rela[i].r_info) && visit_binding(visit, &rela[i]))
            return true;
    return false;
}

/* Calls `visit` for each relocation of the node that is bound to a target, until it returns true;
 * returns that. */
static bool each_binding_to(const struct node *node, const struct targets *targets,
                            binding_visitor *visitor, void *data)
{
    const struct elf_image *image = &node->image;
    struct visit visit = {image, targets, visitor, data};
    size_t relative = image->relative_count;
    return image->symbols && image->strings &&
           (visit_bindings(&visit, image->jmprel, image->jmprel_count) ||
            (relative < image->rela_count &&
             visit_bindings(&visit, image->rela + relative, image->rela_count - relative)));
}

static bool each_binding(const struct node *node, struct node *held, binding_visitor *visit,
                         void *data)
{
    return each_binding_to(node, &(struct targets){.list = {held}, .count = 1}, visit, data);
}

static void describe(struct node *node, const struct link_map *map)
{
    struct module *module = modules_find((uintptr_t)map->l_ld);
    *node = (struct node){.map = map, .module = module && module->handle == map ? module : NULL};
    elf_image_read_dynamic(&node->image, map->l_addr, map->l_ld);
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

static size_t size_of_nodes(const struct search *search)
{
    return search->count * sizeof *search->nodes;
}

/* False: the module is not in the loader's list any more, or there is no memory. */
static bool begin(struct search *search)
{
    const struct module *module = search->of;
    const struct link_map *first = module->handle ? first_of(module->handle) : NULL, *map;
    if (!first || module_is_unloaded(module) ||
        !sighting_is_load(module, serials_of(module->handle)))
        return false;
    for (map = first; map; map = map->l_next)
        search->count++;
    search->nodes = arena_alloc_dirty(size_of_nodes(search));
    struct node *node = search->nodes;
    for (map = first; map && node; map = map->l_next, node++) {
        describe(node, map);
        if (map == module->handle) {
            search->asked = node;
            node->module = search->of;
        }
    }
    return search->asked;
}

static void end(struct search *search)
{
    for (struct link *link; (link = search->links) != NULL;) {
        search->links = link->next;
        arena_free(link, sizeof *link);
    }
    arena_free(search->nodes, size_of_nodes(search));
}

static bool any_unique(const char *name, bool unique, unsigned number, void *data)
{
    return unique;
}

static bool is_open(const struct module *module)
{
    return handles_count(module) > (int)atomic_load(&module->uncounted);
}

static bool is_rooted(struct node *node)
{
    const struct module *module = node->module;
    return module->startup || !handles_are_known() || is_open(module) ||
           tls_counts_pending(module) > 0 || module_is_to_stay(module) ||
           atomic_load(&module->kept) || each_binding(node, node, any_unique, NULL);
}

static bool are_all_met(const struct targets *targets)
{
    for (unsigned i = 0; i < targets->count; i++)
        if (!targets->is_met[i])
            return false;
    return true;
}

static bool meet_bound(const char *name, bool unique, unsigned number, void *data)
{
    struct targets *targets = data;
    targets->is_met[number] = true;
    return are_all_met(targets);
}

/* Without memory the holder stays unnamed. */
static void link(struct search *search, struct node *holder, struct node *held)
{
    struct link *link = arena_alloc_dirty(sizeof *link);
    if (!link)
        return;
    *link = (struct link){holder, held, search->links};
    search->links = link;
}

static void check_holder(struct search *search, struct node *node, struct targets *targets)
{
    bool is_new = !node->is_reached;
    memset(targets->is_met, 0, sizeof targets->is_met);
    meet_needed(search, node, targets);
    if (targets->list[0] == search->asked)
        node->needs = targets->is_met[0];
    if (!are_all_met(targets))
        each_binding_to(node, targets, meet_bound, targets);
    for (unsigned i = 0; i < targets->count; i++)
        if (targets->is_met[i] && targets->list[i] != node) {
            node->is_reached = true;
            node->binds |= targets->list[i] == search->asked;
            link(search, node, targets->list[i]);
        }
    if (is_new && node->is_reached)
        node->stays = is_rooted(node);
}
/* A module that is held by one that stays, stays, too; except the module asked for. */
static void spread(struct search *search)
{
    bool is_news = true;
    while (is_news) {
        is_news = false;
        for (const struct link *link = search->links; link; link = link->next)
            if (link->holder->stays && !link->held->stays && link->held != search->asked)
                link->held->stays = is_news = true;
    }
}

static bool is_holder(const struct node *node)
{
    return node->needs || node->binds;
}

/* True if all holders of the module asked for are known to stay. */
static bool is_decided(const struct search *search)
{
    for (unsigned i = 0; i < search->count; i++)
        if (is_holder(&search->nodes[i]) && !search->nodes[i].stays)
            return false;
    return true;
}

/* Chooses the modules whose holders the next pass searches for. */
static void choose_targets(struct search *search, struct targets *targets)
{
    targets->count = 0;
    for (unsigned i = 0; i < search->count && targets->count < TARGETS_MAX; i++) {
        struct node *node = &search->nodes[i];
        if (!node->is_reached || node->stays || node->is_followed)
            continue;
        node->is_followed = true;
        targets->list[targets->count++] = node;
    }
}

/* From the module asked for to its holders, then to their holders: all at one distance at once,
 * because each round reads the relocations of all objects. */
static void follow(struct search *search)
{
    struct targets targets = {.list = {search->asked}, .count = 1};
    while (targets.count > 0) {
        for (unsigned i = 0; i < search->count; i++)
            if (search->nodes[i].module && &search->nodes[i] != search->asked)
                check_holder(search, &search->nodes[i], &targets);
        spread(search);
        if (is_decided(search))
            return;
        choose_targets(search, &targets);
    }
}

static bool mark_needed(struct search *search, const char *name)
{
    for (unsigned i = 0; i < search->count; i++) {
        struct node *node = &search->nodes[i];
        if (!is_called(node, name))
            continue;
        bool is_news = !node->is_needed;
        node->is_needed = true;
        return is_news;
    }
    return false;
}

/* Marks the module asked for, the modules that it needs, and so on. */
static void mark_all_needed(struct search *search)
{
    bool is_news = true;
    search->asked->is_needed = true;
    while (is_news) {
        is_news = false;
        for (unsigned i = 0; i < search->count; i++) {
            struct node *node = &search->nodes[i];
            const ElfW(Dyn) *at = NULL;
            if (!node->is_needed || node->is_expanded)
                continue;
            node->is_expanded = true;
            for (const char *name; (name = elf_image_needed(&node->image, &at)) != NULL;)
                is_news |= mark_needed(search, name);
        }
    }
}

/* The loader appends a module's dependencies after it. */
static bool came_with(struct search *search, const struct node *node)
{
    if (!search->asked->is_needed)
        mark_all_needed(search);
    return node->is_needed && node > search->asked;
}

struct bindings {
    struct holders *found;
    struct module *holder; /* NULL: the module itself */
    bool dependency;
};

static bool has_symbol(const struct holders *found, enum reason reason, const char *name)
{
    for (unsigned i = 0; i < found->count; i++)
        if (found->list[i].reason == reason && found->list[i].symbol &&
            !strcmp(found->list[i].symbol, name))
            return true;
    return false;
}

/* A unique symbol holds by itself, whoever is bound to it; of other symbols one of each holder is
 * enough. */
static bool add_binding(const char *name, bool unique, unsigned number, void *data)
{
    const struct bindings *bindings = data;
    if (unique && !has_symbol(bindings->found, REASON_UNIQUE_SYMBOL, name))
        holders_add(bindings->found,
                    &(struct holder){.reason = REASON_UNIQUE_SYMBOL, .symbol = (char *)name});
    if (unique || !bindings->holder)
        return false;
    holders_add(bindings->found, &(struct holder){.reason = REASON_RELOCATION,
                                                  .module = bindings->holder,
                                                  .dependency = bindings->dependency,
                                                  .symbol = (char *)name});
    return true;
}

static void name_holder(struct search *search, const struct node *holder)
{
    struct bindings bindings = {.found = search->found};
    if (holder->stays && holder->needs)
        holders_add(search->found,
                    &(struct holder){.reason = REASON_DEPENDENCY, .module = holder->module});
    else if (holder->stays)
        bindings = (struct bindings){search->found, holder->module, came_with(search, holder)};
    each_binding(holder, search->asked, add_binding, &bindings);
}

static void check_asked(const struct search *search)
{
    struct bindings bindings = {.found = search->found};
    const struct module *module = search->of;
    if (module_is_to_stay(module))
        holders_add(search->found,
                    &(struct holder){.reason = REASON_NODELETE, .flag = module->marked_nodelete});
    each_binding(search->asked, search->asked, add_binding, &bindings);
}

static void search(void *data)
{
    struct search *search = data;
    if (search->of->startup) {
        holders_add(search->found, &(struct holder){.reason = REASON_STARTUP});
        return;
    }
    if (begin(search)) {
        check_asked(search);
        follow(search);
        for (unsigned i = 0; i < search->count; i++)
            if (is_holder(&search->nodes[i]))
                name_holder(search, &search->nodes[i]);
    }
    end(search);
}

void holders_find(struct module *of, struct holders *found)
{
    struct search of_module = {.of = of, .found = found};
    *found = (struct holders){0};
    link_maps_hold(search, &of_module);
}

static void check_kept(void *data)
{
    struct search search = {.of = data};
    bool is_kept = false;
    if (begin(&search))
        for (unsigned i = 0; i < search.count && !is_kept; i++)
            is_kept = search.nodes[i].module &&
                      each_binding(&search.nodes[i], search.asked, any_unique, NULL);
    if (is_kept)
        atomic_store(&search.of->undeletable, true);
    end(&search);
}

bool holders_keep_for_good(struct module *module)
{
    if (!module_is_undeletable(module))
        link_maps_hold(check_kept, module);
    return module_is_undeletable(module);
}

void holders_release(struct holders *found)
{
    for (unsigned i = 0; i < found->count; i++) {
        module_unref(found->list[i].module);
        module_unref(found->list[i].function_module);
        if (found->list[i].symbol)
            arena_free(found->list[i].symbol, strlen(found->list[i].symbol) + 1);
    }
    found->count = 0;
}
