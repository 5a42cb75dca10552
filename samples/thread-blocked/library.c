// SPDX-License-Identifier: MIT
/* The same in a thread and a function of another library, on behalf of the plug-in. */
#include "plugin.h"
#include "support.h"

#include <semaphore.h>

static sem_t semaphore;

ENTRY(start)
{
    return support_wait(&semaphore) == 0 ? 0 : -1;
}

ENTRY(stop)
{
    sem_post(&semaphore);
    return support_stop_waiting() == 0 ? 0 : -1;
}
