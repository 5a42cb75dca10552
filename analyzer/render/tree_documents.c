// SPDX-License-Identifier: MIT
/* Trees as documents: DOT and HTML. */
#include "base/memory.h"
#include "render/dot.h"
#include "render/escape.h"
#include "render/html/page.h"
#include "render/tree.h"

#include <stdlib.h>

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
