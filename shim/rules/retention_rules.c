// SPDX-License-Identifier: MIT
/* What a scan found: pointers into images that are gone, and blocks that their modules made. */
#include "registry/heap.h"
#include "rules/paths.h"
#include "rules/rules.h"
#include "rules/words.h"

static const struct step *last_step(const struct result *result)
{
    return result->steps ? &result->path[result->steps - 1] : NULL;
}

static void copy_blocks(const struct result *result, struct finding *finding)
{
    const struct site *site = site_get(result->site);
    finding->address = result->start;
    finding->blocks = result->blocks;
    finding->bytes = result->bytes;
    finding->hanging_blocks = result->hanging_blocks;
    finding->hanging_bytes = result->hanging_bytes;
    if (!site)
        return;
    finding->owner = module_ref(site->owner.module);
    finding->requester = module_ref(site->requester.module);
    finding->stack = site->stack ? stack_copy(site->stack) : NULL;
}

static void word_blocks(struct text *message, size_t blocks, size_t bytes)
{
    text_printf(message, "%zu block%s of %zu bytes%s", blocks, blocks == 1 ? "" : "s", bytes,
                blocks == 1 ? "" : " in all");
}

/* --- pointer
 * ------------------------------------------------------------------------------------------- */

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

bool match_pointer(const struct subject *subject, struct finding *finding)
{
    const struct result *result = subject->retained->result;
    const struct step *where = last_step(result);
    const struct site *site = site_get(result->site);
    bool is_data = subject->retained->target == TARGET_DATA;
    if (result->kind != RESULT_POINTER)
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = is_data || is_in_parts(result) ? SEVERITY_NOTE : SEVERITY_WARNING;
    finding->module = module_ref(result->module);
    finding->target = subject->retained->target;
    finding->place = PLACE_IMAGE;
    finding->slot = where->slot;
    finding->address = finding->pointee = result->word;
    finding->function = (struct frame){result->word, module_ref(result->module)};
    finding->blocks = result->blocks;
    finding->path = path_make(result, result->module);
    if (site) {
        finding->owner = module_ref(site->owner.module);
        finding->requester = module_ref(site->requester.module);
        finding->stack = site->stack ? stack_copy(site->stack) : NULL;
    }
    return true;
}

static const char *const uses[] = {
    [TARGET_CLASS_NONE] = ". ",
    [TARGET_CODE] = ". Whoever calls it jumps into unmapped memory. ",
    [TARGET_VTABLE] = ". Whoever calls a function of the object jumps into unmapped memory. ",
    [TARGET_TYPEINFO] = ". Whoever compares the type with another (catch, dynamic_cast) reads "
                        "unmapped memory. ",
    [TARGET_OBJECT] = ". Whoever calls one of its functions jumps into unmapped memory. ",
    [TARGET_DATA] = ". Whoever reads there reads unmapped memory. ",
};

void explain_pointer(const struct finding *finding, struct text *message)
{
    const struct path *path = finding->path;
    word_fate(message, finding);
    if (path && path->count > 1) {
        path_describe(message, path, path->count - 1);
        text_printf(message, ", at offset %lu,",
                    (unsigned long)(finding->slot - path->steps[path->count - 1].step.start));
    } else if (path) {
        path_describe_root(message, path);
    }
    text_add(message, " still points to ");
    word_target(message, finding);
    if (finding->blocks > 1)
        text_printf(message, " (and so do %zu more such words)", finding->blocks - 1);
    text_add(message, uses[finding->target]);
    text_add(message, "That it can be reached does not say that it will be used. Take it out where "
                      "it was entered, before dlclose.");
}

/* --- heap-lost
 * ------------------------------------------------------------------------------------------- */

bool match_heap_lost(const struct subject *subject, struct finding *finding)
{
    const struct result *result = subject->retained->result;
    if (result->kind != RESULT_LOST)
        return false;
    finding->verdict = VERDICT_LOST;
    finding->severity = SEVERITY_WARNING;
    finding->module = module_ref(result->module);
    copy_blocks(result, finding);
    return true;
}

void explain_heap_lost(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_blocks(message, finding->blocks, finding->bytes);
    text_printf(message,
                " that it made here %s still allocated, though nothing reaches %s any more",
                finding->blocks == 1 ? "is" : "are", finding->blocks == 1 ? "it" : "them");
    if (finding->hanging_blocks) {
        text_add(message, "; ");
        word_blocks(message, finding->hanging_blocks, finding->hanging_bytes);
        text_printf(message, " hang%s off %s", finding->hanging_blocks == 1 ? "s" : "",
                    finding->blocks == 1 ? "it" : "them");
    }
    text_add(message,
             ". Nobody can free this memory. Free it in the module's stop function or in a "
             "destructor.");
}

/* --- heap-held
 * ------------------------------------------------------------------------------------------- */

bool match_heap_held(const struct subject *subject, struct finding *finding)
{
    const struct result *result = subject->retained->result;
    if (result->kind != RESULT_HELD)
        return false;
    finding->verdict = VERDICT_HELD;
    finding->severity = SEVERITY_NOTE;
    finding->module = module_ref(result->module);
    finding->path = path_make(result, result->module);
    copy_blocks(result, finding);
    return true;
}

void explain_heap_held(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_blocks(message, finding->blocks, finding->bytes);
    text_printf(message, " that it made here %s still reached",
                finding->blocks == 1 ? "is" : "are");
    if (finding->path) {
        text_add(message, " from ");
        path_describe_root(message, finding->path);
    }
    if (finding->hanging_blocks) {
        text_add(message, ", with ");
        word_blocks(message, finding->hanging_blocks, finding->hanging_bytes);
        text_add(message, " behind");
    }
    text_add(message,
             ". If that was handed over for good, all is well; if it is an entry in a table "
             "or a cache, the module forgot to take it out.");
}
