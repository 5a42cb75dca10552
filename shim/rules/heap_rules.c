// SPDX-License-Identifier: MIT
/* Blocks that unloaded modules made. */
#include "base/json.h"
#include "registry/heap.h"
#include "rules/paths.h"
#include "rules/rule.h"
#include "rules/words.h"

static void copy_blocks(const struct result *result, struct finding *finding)
{
    const struct site *site = site_get(result->site);
    finding->address = result->start;
    finding->blocks = result->blocks;
    finding->bytes = result->bytes;
    finding->heap.hanging_blocks = result->hanging_blocks;
    finding->heap.hanging_bytes = result->hanging_bytes;
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

static bool match_heap_lost(const struct subject *subject, struct finding *finding)
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

/* By the function that makes it, in the file libsupc++/eh_alloc.cc. */
static bool is_emergency_pool(const struct finding *finding)
{
    return words_stack_names(finding->stack, "9__freeresEv") ||
           words_stack_names(finding->stack, "eh_alloc");
}

static void explain_heap_lost(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_blocks(message, finding->blocks, finding->bytes);
    text_printf(message,
                " that it made here %s still allocated, though nothing reaches %s any more",
                finding->blocks == 1 ? "is" : "are", finding->blocks == 1 ? "it" : "them");
    if (finding->heap.hanging_blocks) {
        text_add(message, "; ");
        word_blocks(message, finding->heap.hanging_blocks, finding->heap.hanging_bytes);
        text_printf(message, " hang%s off %s", finding->heap.hanging_blocks == 1 ? "s" : "",
                    finding->blocks == 1 ? "it" : "them");
    }
    text_add(message,
             is_emergency_pool(finding)
                 ? ". Nobody can free this memory: it is the emergency pool for exceptions "
                   "of a libstdc++ that is linked into the module. Link it with the "
                   "shared libstdc++, which is loaded once."
                 : ". Nobody can free this memory. Free it in the module's stop function "
                   "or in a destructor.");
}

static bool match_heap_held(const struct subject *subject, struct finding *finding)
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

static void explain_heap_held(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_blocks(message, finding->blocks, finding->bytes);
    text_printf(message, " that it made here %s still reached",
                finding->blocks == 1 ? "is" : "are");
    if (finding->path) {
        text_add(message, " from ");
        path_describe_root(message, finding->path);
    }
    if (finding->heap.hanging_blocks) {
        text_add(message, ", with ");
        word_blocks(message, finding->heap.hanging_blocks, finding->heap.hanging_bytes);
        text_add(message, " behind");
    }
    text_add(message,
             words_stack_names(finding->stack, "__cxa_allocate_exception")
                 ? ". It is an exception object that somebody still has: leave the catch block, "
                   "and drop each std::exception_ptr to it, before dlclose."
                 : ". If that was handed over for good, all is well; if it is an entry in a table "
                   "or a cache, the module forgot to take it out.");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->heap.start = subject->retained->result->start;
    object->heap.site = subject->retained->result->site;
}

static void still_holds(const struct object *object, const char **how)
{
    if (!heap_is_block(object->heap.start, object->heap.site))
        *how = "the memory was freed";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_address(text, "address", finding->address);
    json_number(text, "blocks", finding->blocks);
    json_number(text, "bytes", finding->bytes);
    json_number(text, "hanging_blocks", finding->heap.hanging_blocks);
    json_number(text, "hanging_bytes", finding->heap.hanging_bytes);
}

const struct object_class heap_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
};

const struct rule rule_HEAP_LOST = {&heap_class, match_heap_lost, explain_heap_lost,
                                    CLOSED_NOTHING};
const struct rule rule_HEAP_HELD = {&heap_class, match_heap_held, explain_heap_held,
                                    CLOSED_NOTHING};
