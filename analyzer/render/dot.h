// SPDX-License-Identifier: MIT
/* Common parts of the graphs for Graphviz. */
#ifndef DLPIN_ANALYZER_DOT_H
#define DLPIN_ANALYZER_DOT_H

#include <stdio.h>

/* The start of a list of attributes, with a label in it: further ones and "]" follow. */
void dot_put_label(FILE *out, const char *text);

#endif
