// SPDX-License-Identifier: MIT
/* A retention path as a row of boxes, from the root to the module. */
#include "render/html/html.h"

#include "load/names.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 50 };

static const char *type_of(const struct path_node *node)
{
    static const char *const types[][2] = {
        {"data", "variable"},
        {"tls", "thread-local variable"},
        {"value", "value of a key"},
        {"argument", "start argument"},
        {"signal-stack", "signal stack"},
        {"stack", "stack"},
        {"kernel", "data of an event or a signal"},
        {"mapping", "memory, not of malloc"},
        {"block", "heap block"},
        {"image", "image"},
    };

    if (strcmp(node->what, "image") == 0 && node->target != NULL)
        return strcmp(node->target, "vtable") == 0 ? "virtual function table" : node->target;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i][0], node->what) == 0)
            return types[i][1];
    }
    return node->what;
}

static void put_thread(const struct html *html, const struct path_node *node)
{
    if (node->key != RECORD_ABSENT)
        html_format(html, "key %" PRId64 " ", node->key);
    if (node->tid == RECORD_ABSENT)
        return;
    html_format(html, "thread %" PRId64 " ", node->tid);
    if (node->thread_name != NULL && node->thread_name[0] != '\0')
        html_format(html, "\"%s\" ", node->thread_name);
}

/* A name: the variable, or where the block was made. */
static void put_symbol(const struct html *html, const struct process *process,
                       const struct path_node *node)
{
    const struct module *module = process_module(process, node->module),
                        *owner = process_module(process, node->owner);
    char *symbol = node->symbol != NULL ? demangle(node->symbol) : NULL;
    const char *part = node->variable != NULL ? node->variable->part : NULL;

    if (node->frame != NULL) {
        fputs(node->frame->returns ? "made in " : "", html->out);
        html_put_place(html, process, node->frame);
    } else if (symbol != NULL) {
        fputs("<b>", html->out);
        html_name(html, symbol);
        html_name(html, part != NULL ? part : "");
        fputs("</b>\n", html->out);
    } else if (node->tid == RECORD_ABSENT) {
        html_format(html, "at 0x%" PRIx64, node->address);
    }
    if (node->frame == NULL && module != NULL) {
        fputs("<i>", html->out);
        html_format(html, "in %s", module_identity(module));
        fputs("</i>\n", html->out);
    }
    if (owner != NULL && (node->frame == NULL || node->common)) {
        fputs("<i>", html->out);
        html_format(html, "%s %s", node->common ? "through" : "made by", module_identity(owner));
        fputs("</i>\n", html->out);
    }
    free(symbol);
}

static void put_step(const struct html *html, const struct finding *finding,
                     const struct path_node *node, bool root)
{
    if (node->skipped > 0)
        fprintf(html->out, "<li class=\"skipped\">%" PRId64 " more\n", node->skipped);
    fprintf(html->out, "<li%s><span class=\"t\">%s", node->common ? " class=\"common\"" : "",
            root ? "root: " : "");
    html_name(html, type_of(node));
    if (node->bytes > 0)
        fprintf(html->out, ", %" PRId64 " bytes", node->bytes);
    fputs("</span>\n", html->out);
    put_thread(html, node);
    put_symbol(html, finding->process, node);
    if (node->leaves)
        html_format(html, "(the first that %s made)", module_identity(finding_module(finding)));
    if (node->via != RECORD_ABSENT && (node->variable == NULL || node->variable->part == NULL))
        fprintf(html->out, "<span class=\"via\">points at +0x%" PRIx64 "</span>\n",
                (uint64_t)node->via);
}

/* Of a path that is too long, the end. */
void html_put_path(const struct html *html, const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;
    const struct module *module = finding_module(finding);
    size_t begin = path->count > STEPS_MAX ? path->count - STEPS_MAX : 0;

    if (path->count == 0)
        return;
    fputs("<h4>what still reaches it</h4>\n<ol class=\"path\">\n", html->out);
    if (begin > 0)
        fprintf(html->out, "<li class=\"skipped\">%zu more\n", begin);
    for (size_t i = begin; i < path->count; i++)
        put_step(html, finding, &path->nodes[i], i == 0);
    fputs("<li class=\"end\"><span class=\"t\">module", html->out);
    if (module != NULL)
        html_format(html, ", %s", module_state_name(module->data->state));
    fputs("</span>\n<b>", html->out);
    html_name(html, module_identity(module));
    fputs("</b>\n</ol>\n", html->out);
}
