// SPDX-License-Identifier: MIT
/*
 * The moment when the process begins to end. A program that returns from main does not call our
 * exit: libc runs the exit handlers, static destructors among them, the newest first. So a handler
 * of ours, the marker, is the newest one from the first dlclose on: after each new handler the
 * marker is registered again.
 *
 * In any phase, outside of our locks.
 */
#ifndef DLPIN_INTERPOSE_EXIT_MARKER_H
#define DLPIN_INTERPOSE_EXIT_MARKER_H

/* A module may have left something behind: from now on the moment must be noticed. */
void exit_marker_want(void);

/* A handler of this object is about to be registered, or of none; it was. */
void exit_marker_make_room(const void *object);
void exit_marker_renew(void);

/* All handlers are about to run although the process continues. */
void exit_marker_take_out(void);

/* The process begins to end: its present state counts. Does nothing inside the guard. */
void note_exit_begins(void);

#endif
