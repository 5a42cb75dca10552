// SPDX-License-Identifier: MIT
/* Trees as lines of text. */
#include "base/memory.h"
#include "render/put.h"
#include "render/tree.h"

#include <stdlib.h>
#include <string.h>

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
