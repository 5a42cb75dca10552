// SPDX-License-Identifier: MIT
#include "render/tree.h"

#include "base/memory.h"

#include <stdlib.h>

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
