// SPDX-License-Identifier: MIT
/* The findings that a report file predicts for the unload of a module: the answer to one
 * request. */
#ifndef DLPIN_ANALYZER_SUPPOSED_H
#define DLPIN_ANALYZER_SUPPOSED_H

#include "model/model.h"

/* The module of a process that people mean by a name (module_is_called); of several the last that
 * is still mapped. NULL: none is. */
const struct module *supposed_module(const struct model *model, const char *name);

/* True, after a message that lists their paths: a process has several such modules, which are
 * different files. */
bool supposed_is_ambiguous(const struct model *model, const char *name);

/* Only the supposed findings of this request are in the model then, beside modules. */
void supposed_load(struct model *model, const char *path, unsigned token);

#endif
