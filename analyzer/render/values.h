// SPDX-License-Identifier: MIT
/* JSON values of what may be missing or is no UTF-8, as paths and debug information may be. */
#ifndef DLPIN_ANALYZER_VALUES_H
#define DLPIN_ANALYZER_VALUES_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* null for NULL; bytes that are not ASCII are '?' where the whole is no UTF-8. */
json_t *text_value(const char *text);

/* A copy; null for NULL. */
json_t *copied_value(const json_t *value);

/* null for RECORD_ABSENT. */
json_t *known_integer(int64_t number);

/* Takes the value over. */
void set_member(json_t *object, const char *name, json_t *value);

/* The document, and the end of the line. */
void put_json(FILE *out, const json_t *document);

#endif
