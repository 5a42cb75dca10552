// SPDX-License-Identifier: MIT
/*
 * A tree of what holds what: each node is a line, with text below it, and its children hold it.
 * Written for a terminal with lines drawn, for Graphviz, and as an HTML page.
 */
#ifndef DLPIN_ANALYZER_TREE_H
#define DLPIN_ANALYZER_TREE_H

#include <stdio.h>

struct tree {
    char *head;
    char *text; /* lines, or NULL */
    struct tree *first, *last, *next;
};

/* Both texts are taken over. */
struct tree *tree_new(char *head, char *text);
/* The last child of a node; parent may be NULL. Returns it. */
struct tree *tree_add(struct tree *parent, struct tree *child);
/* With its children; NULL is fine. */
void tree_free(struct tree *tree);

void tree_put_text(FILE *out, const struct tree *tree);
/* The children of the node alone, as below a line that is written already. */
void tree_put_children(FILE *out, const struct tree *tree);
/* Both: a whole document of several trees, which follow each other by `next`. */
void tree_put_dot(FILE *out, const struct tree *trees);
void tree_put_html(FILE *out, const struct tree *trees, const char *title);

#endif
