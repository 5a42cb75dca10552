// SPDX-License-Identifier: MIT
/* How children ended, by what the program asks of it. */
#ifndef DLPIN_INTERPOSE_CHILDREN_H
#define DLPIN_INTERPOSE_CHILDREN_H

/* A child has ended with this status, as wait(2) has it. Any thread and phase, also in a handler;
 * errno stays. */
void children_ended(int status);

#endif
