// SPDX-License-Identifier: MIT
#include "base/names.h"

#define NAME_OF(enumerator, name, ...) name,
#define SUBJECT_OF(enumerator, name, title, subject, ...) subject,

const char *const kind_names[KIND_COUNT] = {DLPIN_KINDS(NAME_OF)};
const char *const subject_names[KIND_COUNT] = {DLPIN_KINDS(SUBJECT_OF)};
const char *const severity_names[SEVERITY_COUNT] = {DLPIN_SEVERITIES(NAME_OF)};
const char *const verdict_names[VERDICT_COUNT] = {DLPIN_VERDICTS(NAME_OF)};
const char *const occasion_names[AT_COUNT] = {DLPIN_OCCASIONS(NAME_OF)};
const char *const state_names[MODULE_STATE_COUNT] = {DLPIN_MODULE_STATES(NAME_OF)};
const char *const request_state_names[REQUEST_STATE_COUNT] = {DLPIN_REQUEST_STATES(NAME_OF)};
const char *const reason_names[REASON_COUNT] = {DLPIN_REASONS(NAME_OF)};
const char *const unfollowed_names[UNFOLLOWED_COUNT] = {DLPIN_UNFOLLOWED(NAME_OF)};
const char *const drop_names[DROP_COUNT] = {DLPIN_DROPS(NAME_OF)};
