// SPDX-License-Identifier: MIT
/*
 * The members that the report file's records are made of (report_format.h), added to a text.
 * Functions that take a name add ",\"name\":" and the value. Members of modules, frames and stacks
 * are in ownership/frame_json.h.
 */
#ifndef DLPIN_BASE_JSON_H
#define DLPIN_BASE_JSON_H

#include "base/text.h"

/* A record of this type, with the process's number; its end, with the end of the line. */
void json_begin(struct text *text, const char *type);
void json_end(struct text *text);

/* The name alone; the value follows. */
void json_member(struct text *text, const char *name);

/* NULL becomes null. */
void json_string(struct text *text, const char *name, const char *value);
void json_number(struct text *text, const char *name, uint64_t value);
void json_address(struct text *text, const char *name, uintptr_t value);

#endif
