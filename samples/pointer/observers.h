/* SPDX-License-Identifier: MIT */
/* Where the host observers.c keeps the functions that plug-ins want to be called: table.c,
 * vector.cpp. */
#ifndef SAMPLES_OBSERVERS_H
#define SAMPLES_OBSERVERS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef void observer(void);

void observers_add(observer *function);

/* All places that have it. */
void observers_remove(observer *function);

/* An exit handler of its own that empties it. */
void observers_empty_at_exit(void);

#ifdef __cplusplus
}
#endif

#endif
