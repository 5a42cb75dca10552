// SPDX-License-Identifier: MIT
/*
 * Sentences about what cannot be seen in a program. remarks_collect() finds what there is to say
 * before it is started.
 */
#ifndef DLPIN_ANALYZER_REMARKS_H
#define DLPIN_ANALYZER_REMARKS_H

#include "run/program.h"

#include <stddef.h>

struct remarks {
    char **items;
    size_t count;
    bool blind; /* nothing at all can be seen in the program itself */
};

/* name is the program as the user wrote it; library is libdlpin.so. */
void remarks_collect(struct remarks *remarks, const struct program *program, const char *name,
                     const struct program *library);
/* Takes sentence, a string that can be freed, over. */
void remarks_add(struct remarks *remarks, char *sentence);
void remarks_clear(struct remarks *remarks);

#endif
