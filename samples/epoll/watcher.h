// SPDX-License-Identifier: MIT
#ifndef SAMPLES_WATCHER_H
#define SAMPLES_WATCHER_H

#include "host.h"

/* Calls the function at an event. Returns a descriptor for it, or -1. */
int watcher_watch(int epoll, host_function *on_event);

int watcher_stop(int epoll, int file);

#endif
