// SPDX-License-Identifier: MIT
/* Common parts of report and check: from paths to a finished model, and the report's outputs. */
#ifndef DLPIN_ANALYZER_MERGE_H
#define DLPIN_ANALYZER_MERGE_H

#include "ask/target.h"
#include "model/model.h"
#include "options/settings.h"

/* model is zeroed but for its options; model_free() is the caller's. */
void merge_paths(struct model *model, const struct settings *settings, const char *const *paths,
                 size_t count);

/* The same of a command's arguments, with its exceptions. False, after a message, where a baseline
 * could not be written that was to be. */
bool merge_inputs(struct model *model, struct settings *settings);

/* For the report file of a process that was asked. */
struct model merge_model_of(const struct settings *settings, const struct target *target);

/* Was there an input that could not be read, or of which nothing is left? */
bool merge_had_trouble(const struct model *model);

#endif
