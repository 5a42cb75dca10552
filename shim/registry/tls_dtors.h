// SPDX-License-Identifier: MIT
/*
 * Destructors of C++ thread_local objects that threads have yet to run, by thread and module.
 *
 * libstdc++, libc++abi and Rust register each with __cxa_thread_atexit_impl. libc runs all of a
 * thread at its end, after its start routine and before the destructors of its keys, and those of
 * the main thread in exit(); nothing takes one out before. So they are kept with the record of the
 * thread, and go with it.
 */
#ifndef DLPIN_REGISTRY_TLS_DTORS_H
#define DLPIN_REGISTRY_TLS_DTORS_H

#include "registry/tls_lists.h"

/* The calling thread has registered one for the module. Inside the guard, without our locks. */
void tls_dtors_add(struct module *module, uintptr_t function, uintptr_t object);

/* Waits for threads that are ending, and removes their entries. Takes the registry lock. */
void tls_dtors_settle(void);

/* Calls `visit` for each thread that has some of the module. Takes the registry lock. */
typedef void tls_dtors_visitor(const struct thread *thread, const struct tls_dtors *dtors,
                               void *data);
void tls_dtors_each(const struct module *module, tls_dtors_visitor *visit, void *data);

#endif
