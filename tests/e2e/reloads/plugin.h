// SPDX-License-Identifier: MIT
/* Functions of plugin.c that host.c calls. */
#ifndef DLPIN_TEST_RELOADS_PLUGIN_H
#define DLPIN_TEST_RELOADS_PLUGIN_H

typedef void plugin_call(void);
typedef void plugin_bring_call(const char *path);

plugin_call plugin_leave, plugin_harmless;
plugin_bring_call plugin_bring;

#endif
