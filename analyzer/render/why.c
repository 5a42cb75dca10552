// SPDX-License-Identifier: MIT
#include "render/why.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/blocks.h"
#include "render/finding_message.h"
#include "render/put.h"

#include <inttypes.h>

enum { DEPTH_MAX = 32, FRAMES_MAX = 8 };

struct search {
    const struct style *style;
    const struct process *process;
    const struct module *shown[1024];
    size_t shown_count;
};

static bool was_shown(struct search *search, const struct module *module)
{
    for (size_t i = 0; i < search->shown_count; i++) {
        if (search->shown[i] == module)
            return true;
    }
    if (search->shown_count < sizeof search->shown / sizeof search->shown[0])
        search->shown[search->shown_count++] = module;
    return false;
}

static bool is_about(const struct finding *finding, const struct module *module)
{
    return finding->resolved == NULL && finding->data->module == module->id;
}

/* A finding about several modules lists them. */
static bool has_member(const struct finding *finding, const struct module *module)
{
    const json_t *members = finding->data->members, *member;
    size_t index;

    if (finding->resolved != NULL)
        return false;
    json_array_foreach(members, index, member)
    {
        if (json_integer_value(json_object_get(member, "module")) == module->id)
            return true;
    }
    return false;
}

static bool is_handle(const struct finding *finding)
{
    return name_to_kind(finding->data->kind) == KIND_HANDLE;
}

/* The finding that has reasons; of several the last, which is how it stays now. */
static const struct finding *still_mapped(const struct search *search, const struct module *module)
{
    const struct finding *finding, *found = NULL;

    for (finding = search->process->findings; finding != NULL; finding = finding->next) {
        if (is_about(finding, module) && !is_handle(finding) &&
            json_is_array(json_object_get(finding->data->subject, "reasons")))
            found = finding;
    }
    return found;
}

static void put_opener(FILE *out, const struct search *search, const struct finding_record *data)
{
    size_t line = 0;

    for (size_t i = 0; i < data->stack_count && i < FRAMES_MAX; i++) {
        for (size_t number = 0; number < frame_place_count(&data->stack[i]); number++) {
            fprintf(out, "  #%zu ", line++);
            put_place_of(out, search->process, &data->stack[i], number);
        }
    }
}

/* Who opened the module, each with a part of the stack. Returns whether there are any. */
static bool put_openers(FILE *out, const struct search *search, const struct module *module,
                        bool say)
{
    const struct finding *finding;
    bool any = false;

    for (finding = search->process->findings; finding != NULL; finding = finding->next) {
        const struct finding_record *data = finding->data;

        if (!is_handle(finding) || (!is_about(finding, module) && !has_member(finding, module)))
            continue;
        if (say)
            put_message(out, search->style, data, "");
        any = true;
        fputs("opened at:\n", out);
        put_opener(out, search, data);
    }
    return any;
}

static bool is_program(const struct process *process, const struct module *module)
{
    const struct record *header = process->header;

    return header != NULL && header->header.exe != NULL &&
           strcmp(header->header.exe, module->data->path) == 0;
}

/* The state of a module without findings. */
static const char *state_text(const struct process *process, const struct module *module)
{
    return is_program(process, module)              ? "it is the program itself"
           : module->data->state == MODULE_UNLOADED ? "it was unmapped"
           : module->data->state == MODULE_CLOSED
               ? "it was closed, and why it stays is not in the report"
               : "it is open, or needed by one that is";
}

static struct tree *module_tree(struct search *search, const struct module *module, int depth);

static void add_holders(struct search *search, struct tree *tree, const struct finding *finding,
                        int depth)
{
    const json_t *reasons = json_object_get(finding->data->subject, "reasons"), *reason;
    size_t index;

    json_array_foreach(reasons, index, reason)
    {
        const json_t *id = json_object_get(reason, "module");
        const struct module *holder = process_module(search->process, json_integer_value(id));

        if (json_is_integer(id) && holder != NULL && depth < DEPTH_MAX)
            tree_add(tree, module_tree(search, holder, depth + 1));
    }
}

static struct tree *module_tree(struct search *search, const struct module *module, int depth)
{
    const struct finding *finding = still_mapped(search, module);
    bool again = was_shown(search, module);
    char *head =
        memory_format("%s, load %" PRId64 " (%s)%s", module_identity(module), module->data->load,
                      module_state_name(module->data->state), again ? ": see above" : "");
    struct words words;
    struct tree *tree;

    if (again)
        return tree_new(head, NULL);
    words_begin(&words);
    if (finding != NULL)
        put_message(words.stream, search->style, finding->data, "");
    if (!put_openers(words.stream, search, module, finding == NULL) && finding == NULL)
        fputs(state_text(search->process, module), words.stream);
    tree = tree_new(head, words_finish(&words));
    if (finding != NULL)
        add_holders(search, tree, finding, depth);
    return tree;
}

struct tree *why_tree(const struct process *process, const struct module *module,
                      const struct style *style)
{
    struct search search = {.style = style, .process = process};

    return module_tree(&search, module, 0);
}
