// SPDX-License-Identifier: MIT
/*
 * A graph for Graphviz: from roots, over what lies on the retention paths, to findings and the
 * modules that they are about. A place on a path that several findings share is one node. A picture
 * of thousands says nothing, and takes hours to lay out: it has the severest ones, and a node that
 * counts the rest.
 */
#include "render/dot.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/blocks.h"
#include "render/escape.h"
#include "render/report.h"
#include "render/path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    FINDINGS_MAX = 100, /* crashes are among them */
    STEPS_MAX = 50,     /* of one path */
    LABEL_LENGTH = 200,
};

/* A text that has its node already. */
struct dot_node {
    char *key;
    size_t number;
    UT_hash_handle hh;
};

struct dot {
    FILE *out;
    struct dot_node *nodes;
    size_t count; /* of nodes, those without a key among them */
};

static const char *const colors[] = {
    [SEVERITY_NOTE] = "lightblue",
    [SEVERITY_WARNING] = "orange",
    [SEVERITY_ERROR] = "tomato",
};

/* In quotes, a backslash begins an escape: "\n" ends a line, "\N" is the name of the node; and "&"
 * an entity, as in HTML. */
void dot_put_label(FILE *out, const char *text)
{
    char *copy = escape_cut(escape_printable(text), LABEL_LENGTH);

    fputs("[label=\"", out);
    for (const char *at = copy; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            fputc('\\', out);
        if (*at == '\n')
            fputs("\\n", out);
        else if (*at == '&')
            fputs("&amp;", out);
        else
            fputc(*at, out);
    }
    fputc('"', out);
    free(copy);
}

/* Takes the text over. more: further attributes. */
static size_t add_node(struct dot *dot, char *text, const char *more)
{
    size_t number = dot->count++;

    fprintf(dot->out, "  n%zu ", number);
    dot_put_label(dot->out, text);
    fprintf(dot->out, "%s];\n", more);
    free(text);
    return number;
}

/* The node of this key; both are taken over. */
static size_t need_node(struct dot *dot, char *key, char *text, const char *more)
{
    struct dot_node *node;

    HASH_FIND_STR(dot->nodes, key, node);
    if (node != NULL) {
        free(key);
        free(text);
        return node->number;
    }
    node = memory_zeroed(sizeof *node);
    node->key = key;
    node->number = add_node(dot, text, more);
    HASH_ADD_KEYPTR(hh, dot->nodes, node->key, strlen(node->key), node);
    return node->number;
}

static void add_edge(struct dot *dot, size_t from, size_t to, const char *more)
{
    fprintf(dot->out, "  n%zu -> n%zu%s;\n", from, to, more);
}

static size_t module_node(struct dot *dot, const struct module *module)
{
    const char *identity = module_identity(module);

    return need_node(dot, memory_format("module %s", identity), memory_string(identity),
                     ",shape=component");
}

static size_t put_path_node(struct dot *dot, const struct process *process,
                            const struct path_node *node)
{
    char *text = path_node_text(process, node);

    return need_node(dot,
                     memory_format("%" PRId64 " %" PRId64 " %" PRIx64 " %s", process->key.file,
                                   process->key.pid, node->address, text),
                     text, ",shape=box");
}

/* Of a path that is too long, the end. */
static void add_way(struct dot *dot, const struct finding *finding, size_t last)
{
    const struct path *path = &finding->data->retention_path;
    size_t begin = path->count > STEPS_MAX ? path->count - STEPS_MAX : 0, before = 0;

    for (size_t i = begin; i < path->count; i++) {
        const struct path_node *node = &path->nodes[i];
        size_t number = put_path_node(dot, finding->process, node);

        if (i > begin)
            add_edge(dot, before, number, node->skipped > 0 ? " [style=dotted]" : "");
        before = number;
    }
    if (path->count > 0)
        add_edge(dot, before, last, "");
}

static void add_group(struct dot *dot, const struct group *group)
{
    const struct finding *shown = group->shown;
    char *text = memory_format("%s: %s", severity_name(group->severity), shown->data->kind);
    char *more = memory_format(",shape=ellipse,style=filled,fillcolor=%s", colors[group->severity]);
    size_t node;

    if (group->signature.function != NULL) {
        char *longer = memory_format("%s\n%s", text, group->signature.function);

        free(text);
        text = longer;
    }
    node = add_node(dot, text, more);
    add_way(dot, shown, node);
    add_edge(dot, node, module_node(dot, finding_module(shown)), "");
    free(more);
}

static void add_crash(struct dot *dot, const struct crash *crash)
{
    size_t node = add_node(dot, block_of_crash(crash), ",shape=octagon,style=filled,fillcolor=red");

    add_edge(dot, node, module_node(dot, crash_module(crash)), "");
}

static void clear(struct dot *dot)
{
    struct dot_node *node = dot->nodes, *next;

    HASH_CLEAR(hh, dot->nodes);
    for (; node != NULL; node = next) {
        next = node->hh.next;
        free(node->key);
        free(node);
    }
}

void render_dot(FILE *out, const struct report *report, bool color)
{
    struct dot dot = {.out = out};
    size_t left = FINDINGS_MAX, rest = 0;

    fputs("digraph dlpin {\n  rankdir=LR;\n", out);
    for (const struct crash *crash = report->model->crashes; crash != NULL; crash = crash->next) {
        if (left == 0) {
            rest++;
            continue;
        }
        add_crash(&dot, crash);
        left--;
    }
    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (!report_shows(report, group))
            continue;
        if (left == 0) {
            rest++;
            continue;
        }
        add_group(&dot, group);
        left--;
    }
    if (rest > 0)
        add_node(&dot, memory_format("%zu more, %s", rest, report_rest(report)),
                 ",shape=plaintext");
    fputs("}\n", out);
    clear(&dot);
}
