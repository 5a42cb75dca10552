// SPDX-License-Identifier: MIT
#include "rules/path_json.h"
#include "modules/symbols.h"
#include "ownership/frame_json.h"
#include "rules/paths.h"

const char *const target_names[] = {NULL, "code", "vtable", "typeinfo", "object", "data"};
const char *const root_names[ROOT_KINDS] = {"data",         "tls",     "argument", "value",
                                            "signal-stack", "stack",   "kernel",   "data",
                                            "data",         "mapping", NULL};

void path_json_thread(struct text *text, const struct path_step *step)
{
    if (!step->step.root.tid)
        return;
    json_number(text, "tid", (uint64_t)step->step.root.tid);
    json_string(text, "thread_name", step->thread_name);
}

/* Returns how far into the node, or into its symbol, the pointer to the next lies. */
static uintptr_t add_variable(struct text *text, const struct path_step *step)
{
    char symbol[SYMBOL_MAX];
    const struct root *root = &step->step.root;
    uintptr_t offset, base = root->kind == ROOT_TLS ? root->start : root->module->bias;
    bool named = path_symbol(&step->step, symbol, &offset);
    json_module(text, "module", root->module);
    json_number(text, "offset", step->step.slot - base);
    json_string(text, "symbol", named ? symbol : NULL);
    return named ? offset : 0;
}

static uintptr_t add_root(struct text *text, const struct path_step *step)
{
    const struct root *root = &step->step.root;
    uintptr_t via = 0;
    text_printf(text, "{\"what\":\"%s\"", root_names[root->kind]);
    json_address(text, "address", step->step.slot);
    if (root->kind == ROOT_VALUE)
        json_number(text, "key", root->key);
    if (root->kind == ROOT_KERNEL && root->key != ROOT_OF_SIGNAL)
        json_number(text, "descriptor", root->key);
    if (root->module)
        via = add_variable(text, step);
    path_json_thread(text, step);
    text_add(text, "}");
    return via;
}

static void add_block_node(struct text *text, const struct path_step *step)
{
    text_add(text, "{\"what\":\"block\"");
    json_address(text, "address", step->step.start);
    json_number(text, "bytes", step->step.size);
    json_module(text, "owner", step->owner);
    if (step->owner && step->owner->common)
        text_add(text, ",\"common\":true");
    if (step->maker.pc) {
        text_add(text, ",\"frame\":");
        json_frame(text, &step->maker, 1);
    }
    text_add(text, "}");
}

/* Returns how far into it the pointer to the next lies. */
static uintptr_t add_node(struct text *text, const struct path *path, unsigned n)
{
    const struct path_step *step = &path->steps[n];
    if (n == 0)
        return add_root(text, step);
    add_block_node(text, step);
    return step->step.slot - step->step.start;
}

static void add_image_node(struct text *text, const struct finding *finding)
{
    char symbol[SYMBOL_MAX];
    const struct module *module = finding->module;
    bool named = symbol_find(module, finding->pointee, symbol);
    text_add(text, "{\"what\":\"image\"");
    json_address(text, "address", finding->pointee);
    json_module(text, "module", module);
    json_number(text, "offset", finding->pointee - module->bias);
    json_string(text, "symbol", named ? symbol : NULL);
    json_string(text, "target", target_names[finding->target]);
    text_add(text, "}");
}

static void add_mapped_node(struct text *text, const struct finding *finding)
{
    text_add(text, "{\"what\":\"mapping\"");
    json_address(text, "address", finding->address);
    json_number(text, "bytes", finding->bytes);
    text_add(text, "}");
}

/* Writes a step; from its last node the path leads into the image or to mapped memory, or ends. */
static void add_step(struct text *text, const struct finding *finding, unsigned n)
{
    const struct path *path = finding->path;
    bool is_last = n + 1 == path->count;
    text_add(text, n ? ",{\"from\":" : "{\"from\":");
    uintptr_t via = add_node(text, path, n);
    text_printf(text, ",\"via\":%lu,\"to\":", (unsigned long)via);
    if (is_last && finding->kind == KIND_MAPPING)
        add_mapped_node(text, finding);
    else if (is_last)
        add_image_node(text, finding);
    else
        add_node(text, path, n + 1);
    if (!is_last && path->steps[n + 1].leaves)
        text_add(text, ",\"leaves\":true");
    text_add(text, "}");
}

void path_json(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    bool leads_on =
        finding->kind == KIND_MAPPING || (finding->place == PLACE_IMAGE && finding->target);
    if (!path)
        return;
    text_add(text, ",\"path\":[");
    for (unsigned n = 0; n + !leads_on < path->count; n++) {
        if (path->skipped && n + 1 == path->count / 2) {
            text_printf(text, ",{\"skipped\":%u}", path->skipped + 1);
            continue;
        }
        add_step(text, finding, n);
    }
    text_add(text, "]");
}
