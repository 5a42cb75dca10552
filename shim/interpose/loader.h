// SPDX-License-Identifier: MIT
/*
 * Called by the trampolines in tail_*.S before they jump into the real function: the first three
 * integer arguments as the program gave them, and its return address. They make sure that the real
 * function's pointer is set.
 */
#ifndef DLPIN_INTERPOSE_LOADER_H
#define DLPIN_INTERPOSE_LOADER_H

void note_dlopen(const char *path, int flags, void *unused, void *caller);
void note_dlmopen(long namespace, const char *path, int flags, void *caller);
void note_dlsym(void *handle, const char *name, void *unused, void *caller); /* and dlvsym */

#endif
