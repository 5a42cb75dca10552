// SPDX-License-Identifier: MIT
/*
 * Why a module is mapped: what its findings say, then the same of each module that holds it, and so
 * on, indented below it; a module that was shown is only named again.
 */
#ifndef DLPIN_ANALYZER_WHY_H
#define DLPIN_ANALYZER_WHY_H

#include "model/model.h"

#include <stdio.h>

void why_put(FILE *out, const struct process *process, const struct module *module);

#endif
