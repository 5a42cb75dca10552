// SPDX-License-Identifier: MIT
/* libpool.so: a library with a pool of one std::thread, which starts with the first job. */
#ifndef SAMPLES_POOL_H
#define SAMPLES_POOL_H

void pool_add_job();
void pool_stop();

#endif
