// SPDX-License-Identifier: MIT
/* Lost blocks that have a file stream of the C++ library, or are a directory's stream. */
#ifndef DLPIN_RULES_STREAM_BLOCKS_H
#define DLPIN_RULES_STREAM_BLOCKS_H

#include "scan/walk.h"

/* True if the stream's descriptor is a finding: whoever deletes the object, or calls closedir,
 * closes it, too. Takes the registry lock. */
bool stream_block_is_lost(const struct result *result);

#endif
