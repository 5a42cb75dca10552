// SPDX-License-Identifier: MIT
/* The phrases that messages are made of. */
#ifndef DLPIN_RULES_WORDS_H
#define DLPIN_RULES_WORDS_H

#include "base/text.h"
#include "rules/finding.h"

/* "libplugin.so (load 2)"; the load number only from the second on. */
void word_module(struct text *text, const struct module *module);

/* The same without the load: what is to be mended is in every load. */
void word_identity(struct text *text, const struct module *module);

/* "libplugin.so was unloaded, and ": the finding's module, and what became of it. */
void word_fate(struct text *text, const struct finding *finding);

/* "plugin_free (libplugin.so+0x1139)", or without the name. An entry point, not a return address.
 */
void word_function(struct text *text, const struct frame *frame);

/* The same for a return address: the function that it returns into. */
void word_return_address(struct text *text, const struct frame *frame);

/* The same as a part of a signature: "|libplugin.so+0x1139"; nothing for code of runtimes. */
void word_signature(struct text *text, const struct frame *frame);

/* " in libplugin.so, in the function that undoes plugin_start or in a destructor": where the call
 * is missing that gives back what the finding's stack made. */
void word_undo(struct text *text, const struct finding *finding);

/* The same from the comma on. */
void word_counterpart(struct text *text, const struct finding *finding);

/* "thread 4711 \"worker\"", or "the main thread". */
void word_thread(struct text *text, const struct finding *finding);

/* "session (libplugin.so+0x4040), in the module's image": the finding's address. */
void word_in_image(struct text *text, const struct finding *finding);

/* "thread 4711 \"worker\""; without the name where it is the process's, as each thread has it at
 * first. */
void word_other_thread(struct text *text, pid_t tid, const char *name);

/* "1 block", "2 blocks". */
void word_count(struct text *text, size_t count, const char *noun);

/* "a block of 4096 bytes" or "a block". */
void word_bytes(struct text *text, size_t bytes);

/* How the library whose code a thread runs ends its threads. False: nothing is known of that, and
 * nothing is added. */
bool word_end_of_threads(struct text *text, const struct module *library);

/* How to let go of an exception object. */
void word_drop_exception(struct text *text);

/* True if a mangled name is in namespace std, or of a table or guard of what is. */
bool words_is_of_std(const char *symbol);

/* True if the module's innermost function on the finding's stack is compiled Rust. */
bool words_is_rust(const struct finding *finding);

/* … and is of Rust's own library. */
bool words_is_of_rust_library(const struct finding *finding);

/* True if one of the innermost frames is in a function whose name contains this. */
bool words_stack_names(const struct stack *stack, const char *part);

#endif
