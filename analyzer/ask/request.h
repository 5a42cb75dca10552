// SPDX-License-Identifier: MIT
/* Makes a process check now, and waits until it has. */
#ifndef DLPIN_ANALYZER_REQUEST_H
#define DLPIN_ANALYZER_REQUEST_H

#include "ask/target.h"

#include <stdint.h>

struct request {
    bool force;       /* also where the program may notice */
    unsigned seconds; /* to wait for the answer */
    int64_t module; /* the id of a module that is to be supposed to be unloaded; 0: just a check */
    bool why;       /* not supposed to be unloaded: why it is mapped */
    unsigned token; /* out: what the answer's records have */
};

/* True: what it found is in its report file. False, after a message. */
bool request_check(struct target *target, struct request *request);

#endif
