// SPDX-License-Identifier: MIT
/* The lists of destructors (registry/tls_dtors.h) that the records of threads have. Under the
 * registry lock. */
#ifndef DLPIN_REGISTRY_TLS_LISTS_H
#define DLPIN_REGISTRY_TLS_LISTS_H

#include "registry/threads.h"

/* The destructors of one thread in one module. */
struct tls_dtors {
    struct tls_dtors *next;
    struct module *module; /* has a reference */
    unsigned count;
    struct frame function; /* of the first; its module has a reference, too */
    uintptr_t object;      /* likewise */
};

/* The entry of a module; NULL: there is none; or, of the second, no memory. */
struct tls_dtors *tls_list_find_locked(const struct thread *thread, const struct module *module);
struct tls_dtors *tls_list_add_locked(struct thread *thread, struct module *module,
                                      uintptr_t function, uintptr_t object);

/* True: some thread has one, as far as is known. Without the lock. */
bool tls_dtors_any(void);

/* With the thread's record, of which nobody knows any more. Without the lock. */
void tls_lists_free(struct tls_dtors *list);

#endif
