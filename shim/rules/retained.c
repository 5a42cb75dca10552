// SPDX-License-Identifier: MIT
#include "rules/retained.h"
#include "ownership/common.h"
#include "ownership/sites.h"
#include "registry/old_words.h"
#include "rules/paths.h"
#include "scan/blocks.h"
#include "scan/target.h"

#include <string.h>

static void copy_block(const struct result *result, struct finding *finding)
{
    const struct site *made_at = site_get(result->site);
    finding->place = PLACE_BLOCK;
    finding->bytes = result->bytes;
    finding->blocks = result->blocks;
    if (!made_at)
        return;
    finding->owner = module_ref(made_at->owner.module);
    finding->requester = module_ref(made_at->requester.module);
    if (made_at->stack) {
        stack_free(finding->stack);
        finding->stack = stack_copy(made_at->stack);
    }
}

void retained_copy(const struct retained *retained, struct finding *finding)
{
    const struct result *result = retained->result;
    finding->module = module_ref(result->module);
    finding->path = path_make(result, result->module);
    if (result->kind == RESULT_POINTER) {
        finding->place = PLACE_IMAGE;
        finding->target = retained->target;
        finding->pointee = result->word;
        finding->owner = module_ref(result->module);
    } else {
        copy_block(result, finding);
    }
}

/* Libraries that take blocks of at least such a size and hand out parts of them. */
static const struct {
    const char *library;
    size_t least;
} dealers[] = {
    {"libtcl*.so*", 16 << 10}, /* TclpAlloc */
};

static bool is_dealt(const struct step *step)
{
    const struct site *site = site_get(step->site);
    const struct module *owner = site ? site->owner.module : NULL;
    for (size_t i = 0; owner && i < ARRAY_SIZE(dealers); i++)
        if (step->size >= dealers[i].least &&
            common_glob(dealers[i].library, strlen(dealers[i].library), owner->identity))
            return true;
    return false;
}

/* A large block that begins with a page is such a one, too (the carriers of erlang): malloc has
 * nothing of that kind unless it is asked for. With other allocators than glibc's each large block
 * begins so. */
static bool is_carrier(const struct step *step)
{
    enum { PAGE = 4096, LARGE = 64 << 10 };
    return blocks_have_heads() && step->start % PAGE == 0 && step->size >= LARGE;
}

/* Another allocator hands out parts of a block: nobody can tell which of them are in use. */
static bool is_in_parts(const struct result *result)
{
    bool found = false;
    for (unsigned i = 1; i < result->steps; i++)
        found |= is_carrier(&result->path[i]) || is_dealt(&result->path[i]);
    return found;
}

/* True if another unloaded module than this one made the block, or called this one for it. */
static bool is_for_another(const struct site *site, const struct module *module)
{
    const struct module *maker = site_unloaded(site), *caller = maker;
    const struct stack *stack = site ? site->stack : NULL;
    for (unsigned i = 0; caller == module && stack && i < stack->count; i++)
        caller = stack->frames[i].module;
    return maker && module_is_unloaded(caller) && caller != module;
}

/* Only a word on a stack leads there, which may be a dead one, and through a block that unloaded
 * modules had for themselves: nobody is left who would follow it on purpose. */
static bool is_by_dead_stack(const struct result *result)
{
    bool found = false;
    for (unsigned i = 1; i < result->steps; i++)
        found |= is_for_another(site_get(result->path[i].site), result->module);
    return found && result->path[0].root.kind == ROOT_STACK;
}

bool retained_is_old(const struct result *result, const struct in_block *place)
{
    return result->kind == RESULT_POINTER && result->site &&
           old_words_has(place->start, result->site, place->slot, result->word);
}

bool retained_is_doubtful(const struct retained *retained)
{
    return retained->is_ambiguous || is_in_parts(retained->result) ||
           is_by_dead_stack(retained->result) ||
           retained_is_old(retained->result, &retained->place);
}
