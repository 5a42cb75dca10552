// SPDX-License-Identifier: MIT
/* The begin and the end of a page that needs no other file, with the style and the script of all
 * pages. */
#ifndef DLPIN_ANALYZER_HTML_PAGE_H
#define DLPIN_ANALYZER_HTML_PAGE_H

#include <stdio.h>

void page_begin(FILE *out, const char *title);
void page_end(FILE *out);

#endif
