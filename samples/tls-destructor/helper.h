// SPDX-License-Identifier: MIT
/* libhelper.so. */
#ifndef SAMPLES_HELPER_H
#define SAMPLES_HELPER_H

/* Uses the library's cache of the calling thread. */
int helper_use();

#endif
