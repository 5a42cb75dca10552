// SPDX-License-Identifier: MIT
/*
 * libnotices.so: a library with registries, as many have. When the host has opened it, it stays,
 * and the plug-ins come and go. The file "registries" tells dlpin of them.
 */
#ifndef SAMPLES_NOTICES_H
#define SAMPLES_NOTICES_H

#ifdef __cplusplus
extern "C" {
#endif

typedef int notices_function(void);

/* A list: each subscriber is an entry of its own. */
int notices_subscribe(notices_function *function);
void notices_unsubscribe(notices_function *function);

/* A single handler; NULL: the library's own. */
void notices_set_handler(notices_function *function);

/* A table that grows. What is removed stays behind the last entry. */
int notices_add_format(const char *name, notices_function *function);
void notices_remove_format(const char *name);

/* Data that the library keeps for its callers. */
void notices_set_user_data(const void *data);

/* Calls everybody. */
int notices_send(void);

#ifdef __cplusplus
}
#endif

#endif
