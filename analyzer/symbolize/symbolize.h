// SPDX-License-Identifier: MIT
/*
 * Function names and source lines for the frames of a model.
 *
 * Names come from the module's own file or its separate debug file, and only where the build ID in
 * there is the one that the process had mapped: a file that was replaced since never lends its
 * names, and that is said, once for each path. Where nothing is found, the name that the shim knew
 * stays. No network is asked, but for servers that the user names (debuginfod.h). What a damaged or
 * hostile ELF file can do is bounded by worker.h.
 */
#ifndef DLPIN_ANALYZER_SYMBOLIZE_H
#define DLPIN_ANALYZER_SYMBOLIZE_H

#include "model/model.h"

/* Fills function, source and line of every frame that is shown: those of group.shown, and of
 * crashes. */
void symbolize_model(struct model *model);

#endif
