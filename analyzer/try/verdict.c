// SPDX-License-Identifier: MIT
#include "try/verdict.h"

#include "base/memory.h"
#include "load/names.h"
#include "try/ending.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The first load, and three further ones. */
enum { LOADS_OF_GROWTH = 4 };

static const char *const outcome_names[] = {
    [OUTCOME_CLEAN] = "clean",
    [OUTCOME_UNLOADABLE] = "cannot be loaded",
    [OUTCOME_LEAVES] = "leaves something once",
    [OUTCOME_PINNED] = "cannot be unloaded",
    [OUTCOME_GROWS] = "grows with each load",
    [OUTCOME_DANGLES] = "dangles",
};

const char *outcome_name(enum outcome outcome)
{
    return outcome_names[outcome];
}

struct gate verdict_gate(bool own_only)
{
    struct gate gate = {.from = SEVERITY_COUNT, .growth = true, .own_only = own_only};

    gate.verdicts[VERDICT_DANGLING] = true;
    return gate;
}

/* The number of the trial whose process wrote the file, or SIZE_MAX. */
static size_t trial_of(const struct process *process, const char *directory)
{
    size_t length = strlen(directory);
    char *end;
    unsigned long number;

    if (strncmp(process->file, directory, length) != 0 || process->file[length] != '/')
        return SIZE_MAX;
    number = strtoul(process->file + length + 1, &end, 10);
    return *end == '.' ? number : SIZE_MAX;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The loader may have the same file by another name, as a dependency of a library that is held. */
static bool is_same_file(const struct trial *trial, const struct module *module)
{
    struct stat status;

    return trial->inode != 0 && module_is_called(module, base_name(trial->path)) &&
           stat(module->data->path, &status) == 0 && status.st_ino == trial->inode &&
           status.st_dev == trial->device;
}

static bool is_of_library(const struct trial *trial, const struct module *module)
{
    return module != NULL && (module_is_called(module, trial->path) || is_same_file(trial, module));
}

static struct verdict_row *row_of_other(struct verdicts *verdicts, const char *module)
{
    for (size_t i = verdicts->library_count; i < verdicts->count; i++) {
        if (strcmp(verdicts->rows[i].module, module) == 0)
            return &verdicts->rows[i];
    }
    ARRAY_PUSH(verdicts->rows, verdicts->count,
               (struct verdict_row){.name = memory_string(module), .module = module});
    return &verdicts->rows[verdicts->count - 1];
}

/* A function of the library that ends with a jump is taken for the driver. */
static bool is_driver(const struct process *process, const struct module *module)
{
    return process->header != NULL && process->header->header.exe != NULL &&
           strcmp(process->header->header.exe, module->data->path) == 0;
}

/* The row that a finding of this trial's process speaks in: another library that was tried has its
 * row already. */
static struct verdict_row *row_of(struct verdicts *verdicts, const struct trials *trials,
                                  size_t number, const struct finding *finding)
{
    const struct module *module = finding_module(finding);

    if (module == NULL || is_driver(finding->process, module) ||
        is_of_library(&trials->items[number], module))
        return &verdicts->rows[number];
    for (size_t i = 0; i < verdicts->library_count; i++) {
        if (is_of_library(&trials->items[i], module))
            return &verdicts->rows[i];
    }
    return row_of_other(verdicts, module->data->path);
}

/* All findings of a group have one verdict. */
static bool is_pinned(const struct group *group)
{
    return name_to_verdict(group->shown->data->verdict) == VERDICT_PINNED;
}

static bool grows(const struct group *group, const struct finding *finding)
{
    size_t loads;

    finding_loads(finding, &loads);
    return finding->growing && loads >= LOADS_OF_GROWTH && !is_pinned(group);
}

static void add_to_row(struct verdict_row *row, const struct group *group,
                       const struct finding *finding, size_t trial)
{
    struct row_group *last = row->group_count > 0 ? &row->groups[row->group_count - 1] : NULL;

    if (row->last_user != trial + 1) {
        row->users++;
        row->last_user = trial + 1;
    }
    if (last != NULL && last->group == group)
        last->growing |= grows(group, finding);
    else
        ARRAY_PUSH(row->groups, row->group_count, (struct row_group){group, grows(group, finding)});
}

/* Other modules that stay mapped are nobody's concern here. */
static bool concerns(const struct trial *trial, const struct group *group,
                     const struct finding *finding)
{
    const struct module *module = finding_module(finding);

    return !is_pinned(group) || module == NULL || is_of_library(trial, module);
}

static void take_groups(struct verdicts *verdicts, const struct trials *trials,
                        const struct model *model, const char *directory)
{
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        for (const struct finding *finding = group->first; !group->hidden && finding != NULL;
             finding = finding->next_in_group) {
            size_t trial = trial_of(finding->process, directory);

            if (trial < trials->count && concerns(&trials->items[trial], group, finding))
                add_to_row(row_of(verdicts, trials, trial, finding), group, finding, trial);
        }
    }
}

/* The library in its own process. */
static void take_modules(struct verdicts *verdicts, const struct trials *trials,
                         const struct model *model, const char *directory)
{
    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        size_t trial = trial_of(process, directory);

        for (const struct module *module = trial < trials->count ? process->modules : NULL;
             module != NULL; module = module->hh.next) {
            if (!is_of_library(&trials->items[trial], module))
                continue;
            verdicts->rows[trial].seen = true;
            verdicts->rows[trial].unloaded |= module->data->state == MODULE_UNLOADED;
        }
    }
}

static void take_crashes(struct verdicts *verdicts, const struct trials *trials,
                         const struct model *model, const char *directory)
{
    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next) {
        size_t trial = trial_of(crash->process, directory);

        if (trial < trials->count)
            verdicts->rows[trial].crashed = true;
    }
}

static enum outcome outcome_of_group(const struct row_group *item)
{
    const struct finding_record *data = item->group->shown->data;
    int verdict = name_to_verdict(data->verdict);

    if (verdict == VERDICT_PINNED)
        return OUTCOME_PINNED;
    if (verdict == VERDICT_DANGLING && item->group->severity >= SEVERITY_WARNING)
        return OUTCOME_DANGLES;
    if (item->growing)
        return OUTCOME_GROWS;
    return item->group->severity >= SEVERITY_WARNING ? OUTCOME_LEAVES : OUTCOME_CLEAN;
}

static void add_words(char **text, const char *words)
{
    char *longer = memory_format("%s%s%s", *text, **text != '\0' ? ", " : "", words);

    free(*text);
    *text = longer;
}

/* "nodelete, unique-symbol" */
static char *reasons_of(const struct finding *finding)
{
    const json_t *reasons = json_object_get(finding->data->subject, "reasons"), *reason;
    char *text = memory_string("");
    size_t index;

    json_array_foreach(reasons, index, reason)
    {
        const char *name = json_is_string(reason)
                               ? json_string_value(reason)
                               : json_string_value(json_object_get(reason, "reason"));

        if (name != NULL && strstr(text, name) == NULL)
            add_words(&text, name);
    }
    return text;
}

/* All findings of a kind that speak against the module. */
struct kind_sum {
    size_t findings;
    int64_t bytes; /* that one process left the last time */
    bool growing;
};

static struct kind_sum sum_of_kind(const struct verdict_row *row, const char *kind)
{
    struct kind_sum sum = {0};

    for (size_t i = 0; i < row->group_count; i++) {
        const struct finding_record *data = row->groups[i].group->shown->data;

        if (strcmp(data->kind, kind) != 0 || outcome_of_group(&row->groups[i]) == OUTCOME_CLEAN)
            continue;
        sum.findings++;
        sum.growing |= row->groups[i].growing;
        if (data->bytes == RECORD_ABSENT ||
            __builtin_add_overflow(sum.bytes, data->bytes, &sum.bytes))
            sum.bytes = 0;
    }
    return sum;
}

/* "heap-lost (3 findings, 120 bytes) with each load" */
static char *words_of_kind(const struct verdict_row *row, const struct group *group)
{
    const char *kind = group->shown->data->kind;
    struct kind_sum sum = sum_of_kind(row, kind);
    const char *growth = sum.growing ? " with each load" : "";

    if (name_to_kind(kind) == KIND_STILL_MAPPED)
        return reasons_of(group->shown);
    if (sum.findings > 1 && sum.bytes > 0)
        return memory_format("%s (%zu findings, %" PRId64 " bytes)%s", kind, sum.findings,
                             sum.bytes, growth);
    if (sum.findings > 1)
        return memory_format("%s (%zu findings)%s", kind, sum.findings, growth);
    if (sum.bytes > 0)
        return memory_format("%s (%" PRId64 " bytes)%s", kind, sum.bytes, growth);
    return memory_format("%s%s", kind, growth);
}

static void judge_groups(struct verdict_row *row)
{
    for (size_t i = 0; i < row->group_count; i++) {
        enum outcome outcome = outcome_of_group(&row->groups[i]);
        char *words;

        if (outcome == OUTCOME_CLEAN)
            continue;
        if (outcome > row->outcome)
            row->outcome = outcome;
        words = words_of_kind(row, row->groups[i].group);
        if (*words != '\0' && strstr(row->what, words) == NULL)
            add_words(&row->what, words);
        free(words);
    }
}

static void judge_endings(struct verdict_row *row, const struct trial *trial,
                          const struct try_plan *plan)
{
    for (int mode = 0; mode < TRY_MODE_COUNT; mode++) {
        struct ending ending;

        if (!trial->attempts[mode].made)
            continue;
        ending_judge(&ending, &trial->attempts[mode], plan, trial->path);
        row->cut_short |= ending.cut_short;
        if (ending.outcome > row->outcome)
            row->outcome = ending.outcome;
        if (ending.words != NULL && strstr(row->what, ending.words) == NULL)
            add_words(&row->what, ending.words);
        /* The words of one process are enough: numbers in the others may differ. */
        if (ending.printed != NULL && !row->printed)
            add_words(&row->what, ending.printed);
        row->printed |= ending.printed != NULL;
        free(ending.words);
        free(ending.printed);
    }
}

/* Nothing speaks against it: but was it unloaded at all? */
static void judge_silence(struct verdict_row *row)
{
    if (row->outcome != OUTCOME_CLEAN || row->unloaded)
        return;
    row->outcome = row->seen ? OUTCOME_PINNED : OUTCOME_UNLOADABLE;
    add_words(&row->what, row->seen ? "it is part of the process from the start"
                                    : "it was not seen in its process");
}

/* A module that stays mapped and is opened again is a warning elsewhere: here that is done on
 * purpose, so it counts only where somebody asked for it by name. */
static bool is_only_opened_again(const struct gate *gate, const struct group *group)
{
    struct gate named = *gate;

    if (name_to_kind(group->shown->data->kind) != KIND_STILL_MAPPED)
        return false;
    named.from = SEVERITY_COUNT;
    named.growth = false;
    return !gate_matches(&named, group);
}

/* Of a third party only what ends a process counts. */
static bool fails_by_own_code(const struct verdict_row *row)
{
    bool found = row->cut_short || row->crashed;

    for (size_t i = 0; !found && i < row->group_count; i++)
        found = !row->groups[i].group->third_party &&
                outcome_of_group(&row->groups[i]) >= OUTCOME_GROWS;
    return found;
}

static bool fails(const struct verdict_row *row, const struct gate *gate, bool own_only)
{
    if (gate == NULL && own_only)
        return fails_by_own_code(row);
    if (gate == NULL)
        return row->cut_short || row->outcome >= OUTCOME_GROWS;
    if (row->cut_short && gate_matches_crashes(gate))
        return true;
    for (size_t i = 0; i < row->group_count; i++) {
        const struct group *group = row->groups[i].group;

        if (gate_matches(gate, group) && !is_only_opened_again(gate, group))
            return true;
    }
    return false;
}

void verdicts_make(struct verdicts *verdicts, const struct trials *trials,
                   const struct try_plan *plan, const struct model *model, const char *directory,
                   const struct gate *gate, bool own_only)
{
    memset(verdicts, 0, sizeof *verdicts);
    for (size_t i = 0; i < trials->count; i++)
        ARRAY_PUSH(verdicts->rows, verdicts->count,
                   (struct verdict_row){.name = memory_string(trials->items[i].name),
                                        .module = trials->items[i].path});
    verdicts->library_count = verdicts->count;
    take_groups(verdicts, trials, model, directory);
    take_modules(verdicts, trials, model, directory);
    take_crashes(verdicts, trials, model, directory);
    for (size_t i = 0; i < verdicts->count; i++) {
        struct verdict_row *row = &verdicts->rows[i];

        row->what = memory_string("");
        if (row->crashed)
            row->outcome = OUTCOME_DANGLES;
        if (i < trials->count)
            judge_endings(row, &trials->items[i], plan);
        judge_groups(row);
        if (i < trials->count)
            judge_silence(row);
        row->fails = fails(row, gate, own_only);
        verdicts->outcomes[row->outcome]++;
    }
}

size_t verdicts_failing(const struct verdicts *verdicts)
{
    size_t count = 0;

    for (size_t i = 0; i < verdicts->count; i++)
        count += verdicts->rows[i].fails;
    return count;
}

void verdicts_clear(struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        free(verdicts->rows[i].name);
        free(verdicts->rows[i].what);
        free(verdicts->rows[i].groups);
    }
    free(verdicts->rows);
    memset(verdicts, 0, sizeof *verdicts);
}
