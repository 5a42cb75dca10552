// SPDX-License-Identifier: MIT
/*
 * Answers to requests that are worked out in a copy of the process (scan/copy.h), made with all our
 * locks held so that our tables are whole in it. The copy may change its tables: nobody sees this,
 * and the program continues meanwhile. It has descriptors of its own, and closes all of them first,
 * so it can read files for names unnoticed by the program. The answer is left in shared memory as
 * text, and the process writes it to the report file.
 */
#ifndef DLPIN_LIFECYCLE_ANSWER_H
#define DLPIN_LIFECYCLE_ANSWER_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* In the copy: what is added to `records` is the answer. */
typedef void answer_work(struct text *records, void *data);

/* False: no copy could be made, or it took longer than these nanoseconds, or died. Under the check
 * lock, inside the guard, while no scan runs. */
bool answer_in_copy(answer_work *work, void *data, uint64_t nanoseconds);

#endif
