// SPDX-License-Identifier: MIT
#include "gate/unwatched.h"

#include "base/memory.h"
#include "model/coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Records that the library could not write; those of what it had no room for are coverage. */
static int64_t lost_records(const struct coverage *coverage)
{
    for (size_t i = 0; i < coverage->dropped_count; i++) {
        if (strcmp(coverage->dropped[i].text, "records") == 0)
            return coverage->dropped[i].count;
    }
    return 0;
}

static char *unfollowed_failure(const struct coverage *coverage)
{
    char *first = unfollowed_text(&coverage->unfollowed[0]), *failure;

    if (coverage->unfollowed_count == 1)
        failure = memory_format("not followed: %s; --unwatched=ok accepts that", first);
    else
        failure = memory_format("%zu programs were not followed, the first is %s; --unwatched=ok "
                                "accepts that",
                                coverage->unfollowed_count, first);
    free(first);
    return failure;
}

/* The process that dlpin run started, by the options of one that it watched; RECORD_ABSENT: it was
 * another one that did. */
static int64_t root_of(const struct process *process)
{
    const char *rest = process->header != NULL ? process->header->header.options : NULL;
    const char *found = NULL;

    while (rest != NULL && (rest = strstr(rest, "log_root=")) != NULL) {
        rest += sizeof "log_root=" - 1;
        found = rest;
    }
    return found != NULL ? strtoll(found, NULL, 10) : RECORD_ABSENT;
}

static bool is_child(const struct model *model, const struct process *process)
{
    int64_t parent = process->header != NULL ? process->header->header.ppid : RECORD_ABSENT;
    int64_t root = root_of(process);
    const struct process *other = model->processes;

    if (root != RECORD_ABSENT)
        return root != process->key.pid;
    while (other != NULL && (other == process || other->key.pid != parent))
        other = other->hh.next;
    return other != NULL;
}

/* Files do not say how a process ended, so it may have been killed, or still run. A child may: the
 * program that started it has ended without it. */
static char *cut_off_failure(const struct watching *watching, const struct model *model)
{
    const struct process *process = model->processes;

    if (watching->root != NULL)
        return process_ended(watching->root)
                   ? NULL
                   : memory_string("the program ended without a summary, its report is not "
                                   "complete");
    while (process != NULL && (watching->unfollowed_are_good || process_ended(process) ||
                               process->host != NULL || is_child(model, process)))
        process = process->hh.next;
    return process == NULL ? NULL
                           : memory_format("the report of process %" PRId64 " (%s) has no summary, "
                                           "it is not complete; --unwatched=ok accepts that",
                                           process->key.pid, process_name(process));
}

static char *failure_of(const struct watching *watching, const struct model *model,
                        const struct coverage *coverage)
{
    char *failure;

    /* Whatever else is missing is missing because of this. */
    if (watching->full != NULL)
        return memory_format("there is no room for reports in %s", watching->full);
    failure = cut_off_failure(watching, model);
    if (failure != NULL)
        return failure;
    if (watching->spoiled > 0)
        return memory_format("%zu report file%s could not be written whole", watching->spoiled,
                             watching->spoiled == 1 ? "" : "s");
    if (lost_records(coverage) > 0)
        return memory_format("%" PRId64 " records could not be written", lost_records(coverage));
    if (coverage->unfollowed_count > 0 && !watching->unfollowed_are_good)
        return unfollowed_failure(coverage);
    return NULL;
}

char *unwatched_failure(const struct watching *watching, const struct model *model)
{
    struct coverage coverage;
    char *failure;

    coverage_collect(&coverage, model);
    failure = failure_of(watching, model, &coverage);
    coverage_clear(&coverage);
    return failure;
}
