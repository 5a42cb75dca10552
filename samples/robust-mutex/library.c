// SPDX-License-Identifier: MIT
/* The same, locked by another library on behalf of the plug-in. */
#include "plugin.h"
#include "support.h"

static pthread_mutex_t lock;

ENTRY(start)
{
    return support_lock(&lock) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    return support_unlock(&lock) == 0 ? 0 : -1;
}
