// SPDX-License-Identifier: MIT
/* The clean twin of plugin.c: it wakes who waits for its semaphore, and is unloaded when they have
 * come back. */
#include "plugin.h"

#include <semaphore.h>

sem_t semaphore;

ENTRY(stop)
{
    int error = sem_post(&semaphore);

    return error;
}
