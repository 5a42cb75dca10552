// SPDX-License-Identifier: MIT
/* A plug-in that leaves nothing behind. */
int late_plugin;
