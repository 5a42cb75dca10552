// SPDX-License-Identifier: MIT
#include "rules/retained.h"
#include "ownership/sites.h"
#include "rules/paths.h"

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
