// SPDX-License-Identifier: MIT
/*
 * The words of the report format, from and to their enumerators, out of the tables in
 * report_format.h. name_to_…() returns a negative number for NULL and for a word that this version
 * does not know.
 */
#ifndef DLPIN_ANALYZER_NAMES_H
#define DLPIN_ANALYZER_NAMES_H

#include "report/report_format.h"

int name_to_severity(const char *name);
int name_to_kind(const char *name);
int name_to_verdict(const char *name);
int name_to_module_state(const char *name);

const char *severity_name(enum severity severity);
const char *module_state_name(enum module_state state);
const char *kind_name(enum kind kind);
const char *verdict_name(enum verdict verdict);
/* A sentence without a full stop. */
const char *verdict_meaning(enum verdict verdict);
/* "dangling error, held warning": what such a finding may be. */
const char *kind_judgements(enum kind kind);
/* Why a program is not followed, in words after its name. */
const char *unfollowed_meaning(const char *why);
/* A few words, or NULL for a kind that this version does not know. */
const char *kind_title(const char *kind);

#endif
