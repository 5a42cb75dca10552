// SPDX-License-Identifier: MIT
/* Lost blocks that have a file stream of the C++ library. */
#ifndef DLPIN_RULES_STREAM_BLOCKS_H
#define DLPIN_RULES_STREAM_BLOCKS_H

#include "scan/walk.h"

/* True if such a stream is in the blocks and its descriptor is a finding: whoever deletes the
 * object closes it, too. Takes the registry lock. */
bool stream_block_is_lost(const struct result *result);

#endif
