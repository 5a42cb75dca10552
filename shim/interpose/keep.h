// SPDX-License-Identifier: MIT
/* Modules that stay mapped for good: fix=keep and prevent=. */
#ifndef DLPIN_INTERPOSE_KEEP_H
#define DLPIN_INTERPOSE_KEEP_H

/* Before a dlclose that has not begun. Inside the guard, without our locks; what it does to the
 * program's dlerror the dlclose would do as well. */
void keep_before_close(void);

/* Loads what prevent= names. Once, as the program itself would: outside the guard, so that what
 * constructors of these libraries do is seen. */
void keep_prevented(void);

#endif
