// SPDX-License-Identifier: MIT
#ifndef DLPIN_ANALYZER_FOLDERS_H
#define DLPIN_ANALYZER_FOLDERS_H

/* Removes a folder with all that is in it; symbolic links are not followed. */
void folder_remove(const char *path);

#endif
