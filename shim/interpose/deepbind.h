// SPDX-License-Identifier: MIT
/*
 * Modules that were opened with RTLD_DEEPBIND bind to libc directly, past any preload. The flag
 * keeps its meaning; only the GOT entries that hold one of the real functions get ours. That is
 * done in the first event after the loader has relocated them. What their constructors did before
 * is read from libc's own table of keys.
 */
#ifndef DLPIN_INTERPOSE_DEEPBIND_H
#define DLPIN_INTERPOSE_DEEPBIND_H

/* A dlopen with RTLD_DEEPBIND begins: from now on each load is checked. */
void deepbind_expect(void);

/* Patches the modules that came since the last call. Inside the guard; takes the registry lock. */
void deepbind_patch(void);

#endif
