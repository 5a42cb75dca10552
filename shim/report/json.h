// SPDX-License-Identifier: MIT
/*
 * The members that the report file's records are made of (report_format.h), added to a text.
 * Functions that take a name add ",\"name\":" and the value.
 */
#ifndef DLPIN_REPORT_JSON_H
#define DLPIN_REPORT_JSON_H

#include "base/text.h"
#include "ownership/stack.h"

/* A record of this type, with the process's number; its end, with the end of the line. */
void json_begin(struct text *text, const char *type);
void json_end(struct text *text);

/* NULL becomes null. */
void json_string(struct text *text, const char *name, const char *value);
void json_number(struct text *text, const char *name, uint64_t value);
void json_address(struct text *text, const char *name, uintptr_t value);

/* A module's id; nothing for NULL. */
void json_module(struct text *text, const char *name, const struct module *module);

/* A frame alone, without a name for the member. `symbol` may be NULL. */
void json_frame_named(struct text *text, const struct frame *frame, const char *symbol);

/* The same with its symbol read from the file. `back` is 1 for return addresses: the call before
 * them is what has the name. */
void json_frame(struct text *text, const struct frame *frame, unsigned back);

/* An entry point; nothing where its pc is 0. */
void json_frame_member(struct text *text, const char *name, const struct frame *frame);

/* "stack", empty for NULL. */
void json_stack(struct text *text, const struct stack *stack);

#endif
