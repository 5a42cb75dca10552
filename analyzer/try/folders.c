// SPDX-License-Identifier: MIT
#include "try/folders.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

enum { DESCRIPTORS = 16 };

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *level)
{
    remove(path);
    return 0;
}

void folder_remove(const char *path)
{
    nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
