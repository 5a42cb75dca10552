// SPDX-License-Identifier: MIT
/*
 * Reading members of a JSON object with their types checked. The first thing that is wrong is kept
 * in words; later ones do not overwrite it, so that a caller reads all members and asks once, at
 * the end. A member that is null counts as absent. Strings and values that are returned are
 * borrowed.
 */
#ifndef DLPIN_ANALYZER_FIELDS_H
#define DLPIN_ANALYZER_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct fields {
    const json_t *object;
    char *problem; /* "" as long as all is well */
    size_t problem_size;
};

enum field_need { FIELD_OPTIONAL, FIELD_REQUIRED };

bool fields_failed(const struct fields *fields);
void fields_fail(const struct fields *fields, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

const char *field_text(const struct fields *fields, const char *name, enum field_need need);
int64_t field_integer(const struct fields *fields, const char *name, enum field_need need,
                      int64_t fallback);
/* An integer that is not negative. */
int64_t field_natural(const struct fields *fields, const char *name, enum field_need need,
                      int64_t fallback);
bool field_flag(const struct fields *fields, const char *name);
/* "0x…"; 0 where it is absent. */
uint64_t field_address(const struct fields *fields, const char *name);
const json_t *field_object(const struct fields *fields, const char *name);
const json_t *field_array(const struct fields *fields, const char *name);

#endif
