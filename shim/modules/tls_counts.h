// SPDX-License-Identifier: MIT
/*
 * How many destructors of thread_local objects glibc has pending for a module.
 *
 * glibc keeps that number in a word of the link map that no header shows (l_tls_dtor_count,
 * include/link.h), and unmaps nothing of which it is not 0 (elf/dl-close.c). Where it lies is
 * learned from a registration: it is the only word of the map that is one more after it. Until then
 * the number is what the registry knows (registry/tls_dtors.h), which is right but for threads that
 * it did not see and destructors that have run in a thread that is not over.
 */
#ifndef DLPIN_MODULES_TLS_COUNTS_H
#define DLPIN_MODULES_TLS_COUNTS_H

#include "modules/modules.h"

/* A registration for this module begins: what its link map is now, or NULL if nothing is to be
 * learned from that. Given to tls_counts_registered in any case, when it is over. */
struct tls_words *tls_counts_registering(const struct module *module);
void tls_counts_registered(const struct module *module, struct tls_words *before, bool failed);

/* Of a mapped module. Takes no lock. */
unsigned tls_counts_pending(const struct module *module);

/* True if that is what glibc says. */
bool tls_counts_are_known(void);

#endif
