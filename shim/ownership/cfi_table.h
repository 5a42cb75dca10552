// SPDX-License-Identifier: MIT
/*
 * Finds the entry for an address in a module's unwind tables (FDE), with the part that it shares
 * with others (CIE). LSB Core, "Exception Frames".
 */
#ifndef DLPIN_OWNERSHIP_CFI_TABLE_H
#define DLPIN_OWNERSHIP_CFI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are read one after the other. Behind `end` everything is 0, and `failed` is set. */
struct cfi_bytes {
    const unsigned char *at, *end;
    bool failed;
};

uint64_t cfi_fixed(struct cfi_bytes *bytes, unsigned size);
int64_t cfi_signed(struct cfi_bytes *bytes, unsigned size);
uint64_t cfi_uleb(struct cfi_bytes *bytes);
int64_t cfi_sleb(struct cfi_bytes *bytes);

enum { CFI_CIE_MAX = 512, CFI_FDE_MAX = 8192 };

/* Where tables are copied to that may be unmapped while they are read. */
struct cfi_copies {
    unsigned char cie[CFI_CIE_MAX], fde[CFI_FDE_MAX];
};

struct cfi_entry {
    uintptr_t start, end; /* of the code that it is about */
    uint64_t code_factor;
    int64_t data_factor;
    uint64_t return_register;
    bool is_signal;               /* the frame that the kernel made for a signal handler */
    struct cfi_bytes common, own; /* instructions: in the copies, or in place */
};

/*
 * The entry for the code that lies at the address now. False: there is none, or none that can be
 * read. Without `copies` (NULL) the tables are read where they are, within the object's range: the
 * code must be on the calling thread's own stack, so that nobody can unmap it meanwhile.
 */
bool cfi_find(struct cfi_entry *entry, uintptr_t address, struct cfi_copies *copies);

#endif
