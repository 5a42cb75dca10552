// SPDX-License-Identifier: MIT
/*
 * A block that was held when its module was unloaded may be lost later: the next load puts its own
 * in the place of it. Where the blocks of a call site become more with each load, this finds out
 * which of them nothing leads to any more.
 */
#ifndef DLPIN_LIFECYCLE_HELD_BLOCKS_H
#define DLPIN_LIFECYCLE_HELD_BLOCKS_H

/* `exit` begins. Under the check lock. */
void held_blocks_examine(void);

#endif
