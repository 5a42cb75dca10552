// SPDX-License-Identifier: MIT
/* Retention paths: as a finding keeps them, and in words. */
#ifndef DLPIN_RULES_PATHS_H
#define DLPIN_RULES_PATHS_H

#include "base/text.h"
#include "modules/symbols.h"
#include "rules/finding.h"

/* A copy of a result's retention path, with references; NULL: no memory. `about` is the module that
 * it leads to. path_free releases it. */
struct path *path_make(const struct result *result, const struct module *about);
void path_free(struct path *path);

/* Describes the nth step: "drivers+0x10 (host)", "the value of thread 12 for key 3", "a block of 48
 * bytes made by libx.so in f (libx.so+0x1139)". May read files for names. */
void path_describe(struct text *text, const struct path *path, unsigned n);

/* The same of the root alone, as in "is still reached from …". */
void path_describe_root(struct text *text, const struct path *path);

/* How to let go of what the stack of a thread has. False: the path does not begin there, and
 * nothing is added. */
bool word_end_of_call(struct text *text, const struct path *path);

/* "it leads through 2 blocks to code of the module, f (…), which is unmapped. " */
void word_through(struct text *text, const struct finding *finding);

/* "code of the module, f (libx.so+0x1139)" */
void word_target(struct text *text, const struct finding *finding);

/*
 * Where in its symbol a word of a variable lies: "drivers" and 0x10. False: no symbol is known;
 * then *offset is relative to the module's load bias, or to its TLS segment.
 */
bool path_symbol(const struct step *step, char name[static SYMBOL_MAX], uintptr_t *offset);

#endif
