// SPDX-License-Identifier: MIT
#include "gate/gate.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"

#include <stdlib.h>
#include <string.h>

struct gate gate_default(void)
{
    return (struct gate){.from = SEVERITY_WARNING};
}

#define GROWTH "growth"

static bool add_word(struct gate *gate, const char *word)
{
    int severity = name_to_severity(word), kind = name_to_kind(word);
    int verdict = name_to_verdict(word);

    if (severity >= 0 && (enum severity)severity < gate->from)
        gate->from = (enum severity)severity;
    if (kind >= 0)
        gate->kinds[kind] = true;
    if (verdict >= 0)
        gate->verdicts[verdict] = true;
    if (strcmp(word, GROWTH) == 0)
        gate->growth = true;
    else if (severity < 0 && kind < 0 && verdict < 0) {
        message_usage(
            "--fail-on: \"%s\" is neither a severity (error, warning, note) nor a kind, a "
            "verdict or " GROWTH,
            word);
        return false;
    }
    return true;
}

const char *gate_word(size_t number)
{
    if (number < SEVERITY_COUNT)
        return severity_name((enum severity)number);
    number -= SEVERITY_COUNT;
    if (number < VERDICT_COUNT)
        return verdict_name((enum verdict)number);
    number -= VERDICT_COUNT;
    if (number < KIND_COUNT)
        return kind_name((enum kind)number);
    return number == KIND_COUNT ? GROWTH : NULL;
}

bool gate_parse(struct gate *gate, const char *text)
{
    char *words = memory_string(text), *rest = words, *word;
    bool good = true;

    *gate = (struct gate){.from = SEVERITY_COUNT, .own_only = gate->own_only};
    while (good && (word = strsep(&rest, ",")) != NULL)
        good = add_word(gate, word);
    free(words);
    return good;
}

bool gate_matches(const struct gate *gate, const struct group *group)
{
    int kind = group->kind, verdict = group->verdict;

    if (group->hidden || (gate->own_only && group->third_party))
        return false;
    return group->severity >= gate->from || (kind >= 0 && gate->kinds[kind]) ||
           (verdict >= 0 && gate->verdicts[verdict]) || (gate->growth && group->growing);
}

bool gate_matches_crashes(const struct gate *gate)
{
    return gate->from <= SEVERITY_ERROR;
}

size_t gate_count(const struct gate *gate, const struct model *model)
{
    size_t count = 0;

    for (const struct group *group = model->groups; group != NULL; group = group->hh.next)
        count += group->cause == NULL && gate_matches(gate, group);
    return count;
}

size_t gate_count_spared(const struct gate *gate, const struct model *model)
{
    struct gate all = *gate;

    all.own_only = false;
    return gate_count(&all, model) - gate_count(gate, model);
}

char *gate_blindness(const struct gate *gate, const struct model *model)
{
    if (!gate->own_only || !model->nothing_is_own || gate_count_spared(gate, model) == 0)
        return NULL;
    return memory_string("--own-only, and by --own and --source-root no module is own code");
}

char *gate_failure(const struct gate *gate, const struct model *model)
{
    size_t findings = gate_count(gate, model);
    size_t crashes = gate_matches_crashes(gate) ? model->crash_count : 0;
    const char *finding_plural = findings == 1 ? "" : "s", *crash_plural = crashes == 1 ? "" : "es";

    if (crashes == 0 && findings == 0)
        return NULL;
    if (crashes == 0)
        return memory_format("%zu finding%s", findings, finding_plural);
    return memory_format("%zu crash%s, %zu finding%s", crashes, crash_plural, findings,
                         finding_plural);
}
