// SPDX-License-Identifier: MIT
/* libunwinding.so: another library, which needs the unwinder. Where it stays, that stays. */
#ifndef SAMPLES_UNWINDING_H
#define SAMPLES_UNWINDING_H

void unwinding_register(void *begin);
void unwinding_deregister(void *begin);

/* Follows the stack to its end. */
int unwind(void);

#endif
