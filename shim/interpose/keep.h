// SPDX-License-Identifier: MIT
/* Modules that stay mapped for good: fix=keep and prevent=. */
#ifndef DLPIN_INTERPOSE_KEEP_H
#define DLPIN_INTERPOSE_KEEP_H

/* Before the real dlclose. Inside the guard, without our locks; the program's dlerror changes no
 * more than by the dlclose itself. */
void keep_before_close(void);

/* Loads the libraries of prevent=. Once, as the program itself would: outside the guard, so that we
 * see the calls of their constructors. */
void keep_prevented(void);

#endif
