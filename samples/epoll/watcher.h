// SPDX-License-Identifier: MIT
#ifndef SAMPLES_WATCHER_H
#define SAMPLES_WATCHER_H

#include "host.h"

/* Calls the function at an event that nobody waits for. */
int watcher_watch(int epoll, host_function *on_event);

/* The end of the first one. */
int watcher_stop(int epoll);

#endif
