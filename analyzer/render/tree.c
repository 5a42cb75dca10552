// SPDX-License-Identifier: MIT
#include "render/tree.h"

#include "base/memory.h"
#include "render/dot.h"
#include "render/escape.h"
#include "render/html/page.h"
#include "render/put.h"

#include <stdlib.h>
#include <string.h>

struct tree *tree_new(char *head, char *text)
{
    struct tree *tree = memory_zeroed(sizeof *tree);

    tree->head = head;
    tree->text = text;
    return tree;
}

struct tree *tree_add(struct tree *parent, struct tree *child)
{
    if (parent == NULL)
        return child;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    return child;
}

void tree_free(struct tree *tree)
{
    for (struct tree *next; tree != NULL; tree = next) {
        next = tree->next;
        tree_free(tree->first);
        free(tree->head);
        free(tree->text);
        free(tree);
    }
}

/* ---- lines ---- */

struct strokes {
    const char *branch, *last, *down, *nothing;
};

/* The first of these that is set says which characters a terminal has. */
static const struct strokes *usual_strokes(void)
{
    static const struct strokes drawn = {"├── ", "└── ", "│   ", "    "};
    static const struct strokes plain = {"|-- ", "`-- ", "|   ", "    "};
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL ? &drawn
                                                                                           : &plain;
    }
    return &plain;
}

/* Text of a node stands beside the line that leads to its children. */
static void put_text(FILE *out, const struct strokes *strokes, const struct tree *tree,
                     const char *before)
{
    char *copy = memory_string(tree->text != NULL ? tree->text : ""), *rest = copy, *line;

    while (copy[0] != '\0' && (line = strsep(&rest, "\n")) != NULL) {
        fprintf(out, "%s%s", before, tree->first != NULL ? strokes->down : strokes->nothing);
        put_line(out, line);
    }
    free(copy);
}

static void put_children(FILE *out, const struct strokes *strokes, const struct tree *tree,
                         const char *before)
{
    for (const struct tree *child = tree->first; child != NULL; child = child->next) {
        bool is_last = child->next == NULL;
        char *below = memory_format("%s%s", before, is_last ? strokes->nothing : strokes->down);

        fprintf(out, "%s%s", before, is_last ? strokes->last : strokes->branch);
        put_line(out, child->head);
        put_text(out, strokes, child, below);
        put_children(out, strokes, child, below);
        free(below);
    }
}

void tree_put_children(FILE *out, const struct tree *tree)
{
    put_children(out, usual_strokes(), tree, "");
}

void tree_put_text(FILE *out, const struct tree *tree)
{
    const struct strokes *strokes = usual_strokes();

    put_line(out, tree->head);
    put_text(out, strokes, tree, "");
    put_children(out, strokes, tree, "");
}

/* ---- documents ---- */

/* Returns the number of the node. An edge leads from what holds to what is held. */
static size_t put_node(FILE *out, const struct tree *tree, size_t *count)
{
    size_t number = (*count)++;
    char *label = memory_format("%s\n%s", tree->head, tree->text != NULL ? tree->text : "");

    fprintf(out, "  n%zu ", number);
    dot_put_label(out, label);
    fputs(",shape=box];\n", out);
    free(label);
    for (const struct tree *child = tree->first; child != NULL; child = child->next) {
        size_t holder = put_node(out, child, count);

        fprintf(out, "  n%zu -> n%zu;\n", holder, number);
    }
    return number;
}

void tree_put_dot(FILE *out, const struct tree *trees)
{
    size_t count = 0;

    fputs("digraph dlpin {\n  rankdir=LR;\n", out);
    for (; trees != NULL; trees = trees->next)
        put_node(out, trees, &count);
    fputs("}\n", out);
}

static void put_items(FILE *out, const struct tree *trees)
{
    fputs("<ul class=\"tree\">\n", out);
    for (; trees != NULL; trees = trees->next) {
        fputs("<li><b>", out);
        xml_put(out, trees->head);
        fputs("</b>\n", out);
        if (trees->text != NULL && trees->text[0] != '\0') {
            fputs("<div class=\"said\">", out);
            xml_put(out, trees->text);
            fputs("</div>\n", out);
        }
        if (trees->first != NULL)
            put_items(out, trees->first);
    }
    fputs("</ul>\n", out);
}

void tree_put_html(FILE *out, const struct tree *trees, const char *title)
{
    page_begin(out, title);
    fputs("<header>\n<h1>", out);
    xml_put(out, title);
    fputs("</h1>\n<p>Below each module stands what holds it.</p>\n</header>\n<main>\n", out);
    put_items(out, trees);
    fputs("</main>\n", out);
    page_end(out);
}
