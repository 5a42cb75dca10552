// SPDX-License-Identifier: MIT
#include "rules/retained.h"
#include "ownership/sites.h"
#include "registry/old_words.h"
#include "rules/paths.h"
#include "scan/blocks.h"

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

/* A large block that begins with a page is what another allocator hands out in parts (the carriers
 * of erlang): malloc has nothing of that kind unless it is asked for. Nobody can tell which parts
 * are in use. With other allocators than glibc's each large block begins so. */
static bool is_in_parts(const struct result *result)
{
    enum { PAGE = 4096, LARGE = 64 << 10 };
    bool found = false;
    for (unsigned i = 1; i < result->steps && blocks_have_heads(); i++)
        found |= result->path[i].start % PAGE == 0 && result->path[i].size >= LARGE;
    return found;
}

bool retained_is_old(const struct result *result, const struct in_block *place)
{
    return result->kind == RESULT_POINTER && result->site &&
           old_words_has(place->start, result->site, place->slot, result->word);
}

bool retained_is_doubtful(const struct retained *retained)
{
    return retained->is_ambiguous || is_in_parts(retained->result) ||
           retained_is_old(retained->result, &retained->place);
}
