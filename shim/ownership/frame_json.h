// SPDX-License-Identifier: MIT
/*
 * Members of a record (base/json.h) that describe modules, frames and stacks.
 *
 * No locks; where a symbol is to be found, files are read.
 */
#ifndef DLPIN_OWNERSHIP_FRAME_JSON_H
#define DLPIN_OWNERSHIP_FRAME_JSON_H

#include "base/json.h"
#include "ownership/stack.h"

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
