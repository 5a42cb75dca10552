// SPDX-License-Identifier: MIT
/* The names that the report file uses for enumerators, from the tables that define both. */
#ifndef DLPIN_BASE_NAMES_H
#define DLPIN_BASE_NAMES_H

#include "base/dropped.h"
#include "report/report_format.h"

extern const char *const kind_names[KIND_COUNT];
extern const char *const subject_names[KIND_COUNT]; /* "object" of a finding's subject */
extern const char *const severity_names[SEVERITY_COUNT];
extern const char *const verdict_names[VERDICT_COUNT];
extern const char *const occasion_names[AT_COUNT];
extern const char *const state_names[MODULE_STATE_COUNT];
extern const char *const request_state_names[REQUEST_STATE_COUNT];
extern const char *const unfollowed_names[UNFOLLOWED_COUNT];
extern const char *const reason_names[REASON_COUNT];
extern const char *const drop_names[DROP_COUNT];

#endif
