// SPDX-License-Identifier: MIT
/*
 * A run-time library for C++ that is not libstdc++, in miniature: what libc++abi keeps, in a
 * library that has a name of such libraries. The program host-cxx is linked with it.
 */
#ifndef SAMPLES_CXX_RUNTIME_H
#define SAMPLES_CXX_RUNTIME_H

typedef void runtime_handler(void);

/* Keeps the exception for the calling thread, as the value of a key of the library. */
int runtime_throw(void *exception);

/* Returns the handler before. */
runtime_handler *runtime_set_terminate(runtime_handler *handler);

#endif
