// SPDX-License-Identifier: MIT
/*
 * syscall(2) and ioctl(2): numbers for the kernel, nearly all of which are nothing to us. They are
 * jumped into like dlopen, so all arguments arrive as they are (tail_*.S). Allocators and resolvers
 * call them before anything of ours is ready: the notes touch nothing but their arguments, unless
 * it is one of the few calls that matter.
 */
#ifndef DLPIN_INTERPOSE_KERNEL_H
#define DLPIN_INTERPOSE_KERNEL_H

#include "base/compiler.h"

HIDDEN void note_syscall(long number, unsigned long first, unsigned long second,
                         unsigned long third);
HIDDEN void note_ioctl(int file, unsigned long request, const void *argument);

/* Stand in for the real functions while these are not known. */
HIDDEN long early_syscall(long number, long a, long b, long c, long d, long e, long f);
HIDDEN int early_ioctl(int file, unsigned long request, void *argument);

#endif
