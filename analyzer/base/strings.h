// SPDX-License-Identifier: MIT
/* A set of strings, each kept once: names and paths that come again and again in report files. */
#ifndef DLPIN_ANALYZER_STRINGS_H
#define DLPIN_ANALYZER_STRINGS_H

#include "base/store.h"

struct kept_string;

struct strings {
    struct store store;
    struct kept_string *set; /* a hash */
};

/* The one that is equal to text; NULL for NULL. Valid until strings_free(). */
const char *strings_keep(struct strings *strings, const char *text);
void strings_free(struct strings *strings);

#endif
