// SPDX-License-Identifier: MIT
/* Makes a process check now, and waits until it has. */
#ifndef DLPIN_ANALYZER_REQUEST_H
#define DLPIN_ANALYZER_REQUEST_H

#include "ask/target.h"

struct request {
    bool force;       /* also where the program may notice */
    unsigned seconds; /* to wait for the answer */
};

/* True: what it found is in its report file. False, after a message. */
bool request_check(struct target *target, const struct request *request);

#endif
