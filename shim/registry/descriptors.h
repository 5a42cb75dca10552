// SPDX-License-Identifier: MIT
/*
 * Descriptors that modules opened that can be unloaded, until they are closed.
 *
 * A number alone says little: what passes the C library by may close it and open something else
 * under it. So what was opened is kept with the number (st_dev, st_ino), and compared before
 * anything is said of it. Standard input, output and error are never kept.
 *
 * The functions that change the list take the registry lock, and are called inside the guard.
 */
#ifndef DLPIN_REGISTRY_DESCRIPTORS_H
#define DLPIN_REGISTRY_DESCRIPTORS_H

#include "ownership/sites.h"
#include "registry/registry.h"

#include <sys/types.h>
#include <time.h>

/* Properties that change when somebody uses a descriptor. */
struct descriptor_use {
    struct timespec read, written;
    int waiting;     /* bytes to be read, */
    uint64_t notice; /* and a hash of what the kernel says of it, the position among it */
};

struct descriptor {
    struct descriptor *next;
    uint64_t serial; /* never used again */
    int number;
    dev_t device;
    ino_t inode;
    uint32_t site;
    const char *call; /* what opened it */
    bool is_compared; /* `use` is as it was when the module was seen to be left */
    bool is_shared;   /* somebody else has the number, too */
    struct descriptor_use use;
};

/* Numbers below this are kept; there are programs with more, and they have their reasons. */
enum { DESCRIPTORS_MAX = 65536 };

extern HIDDEN _Atomic uint64_t descriptor_bits[DESCRIPTORS_MAX / 64];

/* True if this number is kept. Without a lock, any phase, also in signal handlers. */
static inline bool descriptor_is_kept(int number)
{
    unsigned index = (unsigned)number;
    return index < DESCRIPTORS_MAX &&
           atomic_load_explicit(&descriptor_bits[index / 64], memory_order_relaxed) >> index % 64 &
               1;
}

/* `number` was opened by `call` at this site, or, where that is nobody who can be unloaded, by
 * somebody else. What had the number before is over. */
void descriptor_opened(int number, const char *call, uint32_t site);

void descriptor_closed(int number);

/* All from `first` to `last`. */
void descriptors_closed(unsigned first, unsigned last);

/* Code at `pc` did something with the number that shows that it has it for its own use. */
void descriptor_used(int number, uintptr_t pc);

/*
 * Compares those whose module was left with what they were: whether they are still there, and
 * whether somebody used them since. All of them where `is_patient`, else those that are new.
 */
void descriptors_compare(bool is_patient);

/* The kernel's name for what is open there: a path, "socket:[1234]". False: it is another file by
 * now, or closed. Takes no lock. */
enum { DESCRIPTOR_NAME = 128 };
bool descriptor_name(const struct descriptor *descriptor, char *name);
bool descriptor_is_open(const struct descriptor *descriptor);

/* Every one of them, under the registry lock. */
typedef void descriptor_visitor(struct descriptor *descriptor, void *data);
void descriptors_each_locked(descriptor_visitor *visit, void *data);
const struct descriptor *descriptor_by_serial_locked(uint64_t serial);

void descriptors_mark_sites_locked(struct site_bitmap *bitmap);

#endif
