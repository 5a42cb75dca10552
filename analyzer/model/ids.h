// SPDX-License-Identifier: MIT
/* Findings of a process by id: 8 to 16 bytes for each. */
#ifndef DLPIN_ANALYZER_IDS_H
#define DLPIN_ANALYZER_IDS_H

#include <stddef.h>
#include <stdint.h>

struct finding;

struct ids {
    struct finding **slots; /* open addressing; a power of two, at most half full */
    size_t room, count;
};

/* The finding with this id, or NULL. */
struct finding *ids_find(const struct ids *ids, int64_t id);
/* Its id is none of those that are there; it may be a new one of a finding that is there. */
void ids_add(struct ids *ids, struct finding *finding);
void ids_free(struct ids *ids);

#endif
