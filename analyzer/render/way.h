// SPDX-License-Identifier: MIT
/* The way from a root to what is retained, for people: a line a node, root first. */
#ifndef DLPIN_ANALYZER_WAY_H
#define DLPIN_ANALYZER_WAY_H

#include "model/model.h"

/* What one node is, without the end of the line. The caller frees it. */
char *way_text(const struct process *process, const struct path_node *node);

#endif
