// SPDX-License-Identifier: MIT
/* Passes findings from the rules to the report. Under the check lock, inside the guard. */
#ifndef DLPIN_LIFECYCLE_SINK_H
#define DLPIN_LIFECYCLE_SINK_H

#include "rules/finding.h"

/* The data of sink_finding. */
struct sink {
    enum occasion at;
    bool quietly;
    bool before_exit; /* what is found was there before exit() began */
    unsigned found;   /* how many were new */
};

/* A rules_sink. */
void sink_finding(struct finding *finding, void *data);

#endif
