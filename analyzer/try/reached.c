// SPDX-License-Identifier: MIT
#include "try/reached.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/regular.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    enum reached_phase phase;
    const char *place;
} phases[] = {
    {"", PHASE_START, "before it was loaded"},
    {"open", PHASE_OPENING, "in dlopen"},
    {"use", PHASE_USING, "in a function that was called"},
    {"close", PHASE_CLOSING, "in dlclose"},
    {"closed", PHASE_CLOSED, "after dlclose"},
    {"end", PHASE_END, "at the end of the process"},
};

enum { PHASE_COUNT = sizeof phases / sizeof *phases };

static void take_phase(struct reached *progress, const char *word, const char *rest)
{
    for (size_t i = 1; i < PHASE_COUNT; i++) {
        if (strcmp(word, phases[i].word) != 0)
            continue;
        progress->phase = phases[i].phase;
        if (*rest != '\0')
            progress->load = strtol(rest, NULL, 10);
    }
}

static void take_line(struct reached *progress, char *line)
{
    char *rest = line;
    const char *word = strsep(&rest, " "), *value;

    value = rest != NULL ? rest : "";
    if (strcmp(word, "refused") == 0 && progress->refused == NULL)
        progress->refused = message_printable(memory_string(value));
    else if (strcmp(word, "missing") == 0 && progress->missing == NULL)
        progress->missing = message_printable(memory_string(value));
    else
        take_phase(progress, word, value);
}

void reached_read(struct reached *progress, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    memset(progress, 0, sizeof *progress);
    if (file == NULL)
        return;
    while ((length = getline(&line, &size, file)) > 0) {
        line[length - (line[length - 1] == '\n')] = '\0';
        take_line(progress, line);
    }
    free(line);
    fclose(file);
}

void reached_clear(struct reached *progress)
{
    free(progress->refused);
    free(progress->missing);
    memset(progress, 0, sizeof *progress);
}

char *reached_place(const struct reached *progress)
{
    const char *place = phases[progress->phase].place;

    if (progress->phase == PHASE_START || progress->phase == PHASE_END)
        return memory_string(place);
    return memory_format("%s (load %ld)", place, progress->load);
}
