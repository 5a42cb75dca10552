// SPDX-License-Identifier: MIT
/*
 * The number of pending destructors of thread_local objects that glibc has for a module.
 *
 * glibc keeps that number in a word of the link map that no header shows (l_tls_dtor_count,
 * include/link.h), and unmaps nothing of which it is not 0 (elf/dl-close.c). Its place is learned
 * from a registration: no other word of the map rises by one then. Until then the number comes from
 * the registry (registry/tls_dtors.h), which misses threads that it did not see, and destructors
 * that have run in a thread that has not ended.
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
