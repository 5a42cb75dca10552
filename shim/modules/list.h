// SPDX-License-Identifier: MIT
/* Changes of the list in modules.c, for sync.c. Under the modules' lock. */
#ifndef DLPIN_MODULES_LIST_H
#define DLPIN_MODULES_LIST_H

#include "modules/modules.h"

/* The oldest that is remembered, unloaded ones included; `next` leads to the others. */
struct module *list_first_locked(void);

/* Gives the module its id. Nobody finds it before it is published. */
void list_add_locked(struct module *module);

/* The module is unloaded. */
void list_unload_locked(struct module *module);

/* The module was left: counts what registrations name of it. Its state says so already. */
void list_count_left(const struct module *module);

/* Lets others see what was added and unloaded, `unloaded` modules among it, and gives modules back
 * that nothing mentions. */
void list_publish_locked(unsigned unloaded);

#endif
