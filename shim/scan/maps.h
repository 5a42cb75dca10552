// SPDX-License-Identifier: MIT
/* The mappings of this process, from /proc/self/maps. */
#ifndef DLPIN_SCAN_MAPS_H
#define DLPIN_SCAN_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
    uintptr_t start, end;
    bool readable, writable;
    bool anonymous; /* private memory without a file or a name in brackets, named ones ("[anon:…]")
                       included */
    bool heap;      /* [heap]: what brk(2) gave */
};

struct maps {
    struct mapping *list; /* ascending */
    size_t count, capacity;
};

/* False where it cannot be read. maps_free gives it back. The second one may leave out what lies
 * outside [start, end). */
bool maps_read(struct maps *maps);
bool maps_read_in(struct maps *maps, uintptr_t start, uintptr_t end);
void maps_free(struct maps *maps);

/* The same from a text of that form. False: it is not of that form, or there is no memory; then
 * what was added so far is there. */
bool maps_parse(struct maps *maps, const char *text);

/* The mapping at an address, or NULL. */
const struct mapping *maps_find(const struct maps *maps, uintptr_t address);

/* True if anything in [start, end) is mapped. */
bool maps_overlap(const struct maps *maps, uintptr_t start, uintptr_t end);

#endif
