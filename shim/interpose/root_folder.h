// SPDX-License-Identifier: MIT
/*
 * Another root folder, by chroot(2), pivot_root(2) or setns(2): from there on the folder of the
 * reports cannot be reached. May be called by a handler on a small stack.
 */
#ifndef DLPIN_INTERPOSE_ROOT_FOLDER_H
#define DLPIN_INTERPOSE_ROOT_FOLDER_H

/* Before the real call. */
void root_folder_note_change(void);

#endif
