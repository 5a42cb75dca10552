// SPDX-License-Identifier: MIT
/* The list of a library that comes with the host. */
#ifndef SAMPLES_EARLY_H
#define SAMPLES_EARLY_H

/* The host keeps the last block. */
void early_add(const void *data);

#endif
