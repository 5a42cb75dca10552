// SPDX-License-Identifier: MIT
/*
 * The process gives up its freedom to make system calls: prctl(2) and seccomp(2). May be called by
 * a handler on a small stack.
 */
#ifndef DLPIN_INTERPOSE_CONFINEMENT_H
#define DLPIN_INTERPOSE_CONFINEMENT_H

/* Before the real call, with its arguments. */
void confinement_note_prctl(int option, unsigned long first, unsigned long second);
void confinement_note_seccomp(unsigned long operation, unsigned long flags, unsigned long filter);

#endif
