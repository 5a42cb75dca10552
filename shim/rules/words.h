// SPDX-License-Identifier: MIT
/* The phrases that messages are made of. */
#ifndef DLPIN_RULES_WORDS_H
#define DLPIN_RULES_WORDS_H

#include "base/text.h"
#include "rules/finding.h"

/* "libplugin.so (load 2)"; the load number only from the second on. */
void word_module(struct text *text, const struct module *module);

/* "libplugin.so was unloaded, and ": the finding's module, and what became of it. */
void word_fate(struct text *text, const struct finding *finding);

/* "plugin_free (libplugin.so+0x1139)", or without the name. An entry point, not a return address.
 */
void word_function(struct text *text, const struct frame *frame);

/* The same for a return address: the function that it returns into. */
void word_return_address(struct text *text, const struct frame *frame);

/* The same as a part of a signature: "|libplugin.so+0x1139"; nothing for code of runtimes. */
void word_signature(struct text *text, const struct frame *frame);

/* "thread 4711 \"worker\"" */
void word_thread(struct text *text, const struct finding *finding);

/* "4096 bytes" or "a block". */
void word_bytes(struct text *text, size_t bytes);

/* How the library whose code a thread runs ends its threads. False: nothing is known of that, and
 * nothing was said. */
bool word_end_of_threads(struct text *text, const struct module *library);

/* True if one of the innermost frames is in a function whose name contains this. */
bool words_stack_names(const struct stack *stack, const char *part);

#endif
