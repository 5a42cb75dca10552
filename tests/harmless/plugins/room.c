// SPDX-License-Identifier: MIT
/* A plug-in with memory for its host. */
extern char room[4096];
char room[4096];
