// SPDX-License-Identifier: MIT
/* The retention path from a root to the retained object, for people: a line a node, root first. */
#ifndef DLPIN_ANALYZER_RENDER_PATH_H
#define DLPIN_ANALYZER_RENDER_PATH_H

#include "model/model.h"

/* Describes one node, without the end of the line. The caller frees the text. */
char *path_node_text(const struct process *process, const struct path_node *node);

#endif
