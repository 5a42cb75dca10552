// SPDX-License-Identifier: MIT
#ifndef DLPIN_INTERPOSE_DESCRIPTORS_H
#define DLPIN_INTERPOSE_DESCRIPTORS_H

#include <stdio.h>

/* The stream is about to be closed, and its descriptor with it. */
void descriptors_stream_closes(const FILE *stream);

#endif
