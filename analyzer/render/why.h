// SPDX-License-Identifier: MIT
/*
 * Why a module is mapped: what its findings say, then the same of each module that holds it, as its
 * children, and so on; a module that was shown is only named again. To be freed.
 */
#ifndef DLPIN_ANALYZER_WHY_H
#define DLPIN_ANALYZER_WHY_H

#include "model/model.h"
#include "render/tree.h"

struct tree *why_tree(const struct process *process, const struct module *module);

#endif
