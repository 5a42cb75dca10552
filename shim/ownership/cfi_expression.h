// SPDX-License-Identifier: MIT
/* Expressions in unwinding tables: DWARF 4, 2.5, as far as they stand there. For cfi.c alone. */
#ifndef DLPIN_OWNERSHIP_CFI_EXPRESSION_H
#define DLPIN_OWNERSHIP_CFI_EXPRESSION_H

#include "ownership/cfi.h"
#include "ownership/cfi_table.h"
#include "ownership/caller_words.h"

/* Evaluates the expression on a stack that begins with `first` (NULL: empty), and gives the top of
 * it. STEPPED: it has a value. */
enum cfi_outcome cfi_evaluate(const struct cfi_frame *frame, struct caller_words *stack,
                              struct cfi_bytes code, const uintptr_t *first, uintptr_t *value);

/* A word of the program's memory; false where it cannot be read. `stack` is NULL where it is
 * another thread's. */
bool cfi_read_word(struct caller_words *stack, uintptr_t at, uintptr_t *word);

#endif
