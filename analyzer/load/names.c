// SPDX-License-Identifier: MIT
#include "load/names.h"

#include <stddef.h>
#include <string.h>

#define NAME_ROW(enumerator, name, ...) name,
#define TITLE_ROW(enumerator, name, title, ...) title,
#define JUDGEMENTS_ROW(enumerator, name, title, object, judgements) judgements,

static const char *const severities[] = {DLPIN_SEVERITIES(NAME_ROW)};
static const char *const kinds[] = {DLPIN_KINDS(NAME_ROW)};
static const char *const verdicts[] = {DLPIN_VERDICTS(NAME_ROW)};
static const char *const kind_titles[] = {DLPIN_KINDS(TITLE_ROW)};
static const char *const kind_judgement_lists[] = {DLPIN_KINDS(JUDGEMENTS_ROW)};
static const char *const verdict_meanings[] = {DLPIN_VERDICTS(TITLE_ROW)};
static const char *const module_states[] = {DLPIN_MODULE_STATES(NAME_ROW)};
static const char *const unfollowed_names[] = {DLPIN_UNFOLLOWED(NAME_ROW)};
static const char *const unfollowed_meanings[] = {DLPIN_UNFOLLOWED(TITLE_ROW)};

static int find_name(const char *const *names, int count, const char *name)
{
    for (int i = 0; name != NULL && i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

int name_to_severity(const char *name)
{
    return find_name(severities, SEVERITY_COUNT, name);
}

int name_to_kind(const char *name)
{
    return find_name(kinds, KIND_COUNT, name);
}

int name_to_verdict(const char *name)
{
    return find_name(verdicts, VERDICT_COUNT, name);
}

int name_to_module_state(const char *name)
{
    return find_name(module_states, MODULE_STATE_COUNT, name);
}

const char *severity_name(enum severity severity)
{
    return severities[severity];
}

const char *module_state_name(enum module_state state)
{
    return module_states[state];
}

const char *kind_name(enum kind kind)
{
    return kinds[kind];
}

const char *verdict_name(enum verdict verdict)
{
    return verdicts[verdict];
}

const char *verdict_meaning(enum verdict verdict)
{
    return verdict_meanings[verdict];
}

const char *kind_judgements(enum kind kind)
{
    return kind_judgement_lists[kind];
}

const char *unfollowed_meaning(const char *why)
{
    int number = find_name(unfollowed_names, UNFOLLOWED_COUNT, why);

    return number < 0 ? "libdlpin.so does not come into it" : unfollowed_meanings[number];
}

const char *kind_title(const char *kind)
{
    int number = name_to_kind(kind);

    return number < 0 ? NULL : kind_titles[number];
}
