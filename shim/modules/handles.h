// SPDX-License-Identifier: MIT
/*
 * Counts the program's handles of a module: those that dlopen gave and dlclose has not taken back.
 *
 * glibc keeps that number in a word of the link map that no header shows (l_direct_opencount,
 * include/link.h). Its place is learned once: we open libc twice, and search for the word that
 * rises by one each time and falls again. It is 816 bytes in glibc 2.36, and another in other
 * versions.
 *
 * Of objects that are never deleted, for whatever reason, dlclose does not lower this number
 * (elf/dl-close.c, _dl_close); these calls are counted here. An unchanged number after a dlclose is
 * no proof of this: another thread may have opened the module meanwhile.
 *
 * Where the place could not be learned, every function says that it does not know.
 */
#ifndef DLPIN_MODULES_HANDLES_H
#define DLPIN_MODULES_HANDLES_H

#include "modules/modules.h"

enum { HANDLES_UNKNOWN = -1 };

/* The loader's own functions. */
typedef void *handles_opener(const char *file, int flags);
typedef int handles_closer(void *handle);

/* Once, before the first dlopen of the program: this takes the loader's locks and erases what
 * dlerror would say. None of our locks may be held. True: now it is known. */
bool handles_learn(handles_opener *open, handles_closer *close);

/* True if handles_learn was called and found the place. */
bool handles_are_known(void);

/* Of a mapped module; HANDLES_UNKNOWN where it cannot be told. Takes no lock. */
int handles_count(const struct module *module);

/*
 * Calls `visit` for each mapped module of which there are more handles than at the last call, and
 * notes how many there are now. Without `all` it checks the modules loaded since the last call, and
 * stops there if one of them was opened. Takes the loader's list lock; none of ours may be held,
 * and `visit` is called without it.
 */
typedef void handles_visitor(struct module *module, void *data);
void handles_each_opened(bool all, handles_visitor *visit, void *data);

/* A dlclose of a handle of this module begins. False: there is none, or it cannot be told. Takes
 * the loader's list lock, as does the next one. */
bool handles_closing(struct module *module);

/* The dlclose is over. False: another of this module has not returned, or the module is not known.
 * `is_kept` says whether the loader never deletes the module; asked where the number has not become
 * less. */
typedef bool handles_keeper(struct module *module);
bool handles_closed(struct module *module, handles_keeper *is_kept);

/* We opened the module, for good: this handle is not the program's. */
void handles_took_own(struct module *module);

/* The handles that were left at the last check. */
unsigned handles_left(const struct module *module);

#endif
