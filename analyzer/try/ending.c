// SPDX-License-Identifier: MIT
#include "try/ending.h"

#include "base/memory.h"
#include "base/message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { LOADER_STATUS = 127 };

/* Of a library that never came as far as to be used nothing can be said but this. A driver of the
 * user says so with its status. */
static bool was_loaded(const struct attempt *attempt, const struct try_plan *plan)
{
    const struct reached *progress = &attempt->progress;

    if (plan->driver != NULL)
        return attempt->hung || WIFSIGNALED(attempt->status);
    return progress->load > 1 || progress->phase > PHASE_OPENING;
}

static bool came_to_its_end(const struct attempt *attempt, const struct try_plan *plan)
{
    return !attempt->hung && WIFEXITED(attempt->status) &&
           (plan->driver != NULL ? WEXITSTATUS(attempt->status) == 0
                                 : attempt->progress.phase == PHASE_END);
}

/* "killed the process (SIGSEGV) in dlclose (load 1)" */
static char *words_of_death(const struct attempt *attempt, const struct try_plan *plan)
{
    char *place =
        plan->driver != NULL ? memory_string("in the driver") : reached_place(&attempt->progress);
    char *words;

    if (attempt->hung)
        words = memory_format("did not return within %ld s %s", plan->seconds, place);
    else if (WIFSIGNALED(attempt->status))
        words = memory_format("killed the process (SIG%s) %s",
                              sigabbrev_np(WTERMSIG(attempt->status)) != NULL
                                  ? sigabbrev_np(WTERMSIG(attempt->status))
                                  : "?",
                              place);
    else
        words = memory_format("ended the process with status %d %s", WEXITSTATUS(attempt->status),
                              place);
    free(place);
    return words;
}

/* The loader begins with the path, which stands in the same line already. */
static char *words_of_refusal(const char *text, const char *path)
{
    bool is_named = text[0] == '/' || strncmp(text, path, strlen(path)) == 0;
    const char *colon = is_named ? strstr(text, ": ") : NULL;

    return memory_string(colon != NULL ? colon + 2 : text);
}

/* The loader ends a process in which a function that was bound late is not there: the library wants
 * it of its host. */
static const char *wanted_symbol(const struct attempt *attempt)
{
    static const char error[] = "symbol lookup error: ", symbol[] = "undefined symbol: ";
    const char *at = attempt->printed;

    if (at == NULL || !WIFEXITED(attempt->status) || WEXITSTATUS(attempt->status) != LOADER_STATUS)
        return NULL;
    at = strstr(at, error);
    at = at != NULL ? strstr(at, symbol) : NULL;
    return at != NULL ? at + strlen(symbol) : NULL;
}

/* The first line of it. */
static char *words_of_print(const struct attempt *attempt)
{
    char *line, *words;

    if (attempt->printed_bytes == 0)
        return NULL;
    line = memory_format("%.*s", (int)strcspn(attempt->printed, "\n"), attempt->printed);
    message_printable(line);
    words = memory_format("printed \"%s\"%s", line,
                          strlen(line) + 1 < attempt->printed_bytes ? " and more" : "");
    free(line);
    return words;
}

static enum outcome outcome_of_death(const struct attempt *attempt, bool loaded)
{
    if (!loaded)
        return OUTCOME_UNLOADABLE;
    return WIFSIGNALED(attempt->status) && !attempt->hung ? OUTCOME_DANGLES : OUTCOME_PINNED;
}

static void judge_death(struct ending *ending, const struct attempt *attempt,
                        const struct try_plan *plan)
{
    const char *symbol = wanted_symbol(attempt);

    if (symbol != NULL) {
        ending->outcome = OUTCOME_UNLOADABLE;
        free(ending->printed); /* by the loader */
        ending->printed = NULL;
        ending->words = message_printable(
            memory_format("undefined symbol: %.*s", (int)strcspn(symbol, ",\n"), symbol));
        return;
    }
    ending->words = words_of_death(attempt, plan);
    ending->cut_short = was_loaded(attempt, plan);
    ending->outcome = outcome_of_death(attempt, ending->cut_short);
}

void ending_judge(struct ending *ending, const struct attempt *attempt, const struct try_plan *plan,
                  const char *path)
{
    const struct reached *progress = &attempt->progress;

    *ending = (struct ending){.outcome = OUTCOME_CLEAN, .printed = words_of_print(attempt)};
    if (attempt->error != 0) {
        ending->outcome = OUTCOME_UNLOADABLE;
        ending->words = memory_format("no process could be started: %s", strerror(attempt->error));
        return;
    }
    if (!came_to_its_end(attempt, plan)) {
        judge_death(ending, attempt, plan);
        return;
    }
    if (progress->refused != NULL) {
        ending->outcome = OUTCOME_UNLOADABLE;
        ending->words = words_of_refusal(progress->refused, path);
    } else if (progress->missing != NULL) {
        ending->outcome = OUTCOME_UNLOADABLE;
        ending->words = memory_format("has no function %s", progress->missing);
    }
}
