// SPDX-License-Identifier: MIT
/* Common parts of the fuzz targets for files other than reports. */
#ifndef DLPIN_FUZZ_SUPPORT_H
#define DLPIN_FUZZ_SUPPORT_H

#include "gate/exceptions.h"

#include <stdint.h>

/* The bytes as a file: its path, until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A model with a few findings, made the first time; what exceptions marked is forgotten. */
void fuzz_model(struct model *model);

#endif
