// SPDX-License-Identifier: MIT
/*
 * libFuzzer target (with -close_fd_mask=3, for damaged lines are named): bytes as a baseline,
 * applied to an example report, with what the report has added. Written and read again it must be
 * the same lines, and know all of the report.
 */
#include "fuzz_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool good)
{
    if (!good)
        abort();
}

/* The lines as the file would have them. */
static char *lines_of(const struct entries *entries, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    expect(out != NULL);
    for (size_t i = 0; i < entries->count; i++)
        fprintf(out, "%s\n", entries->items[i].entry->text);
    fclose(out);
    return text;
}

static void read_again(struct model *model, const char *text, size_t size)
{
    struct exceptions exceptions = {.today = 1};
    size_t again;
    char *lines;

    exceptions.baseline_path = fuzz_file((const uint8_t *)text, size);
    expect(exceptions_read(&exceptions));
    lines = lines_of(&exceptions.baseline, &again);
    expect(again == size && memcmp(lines, text, size) == 0);
    fuzz_model(model);
    exceptions_apply(&exceptions, model);
    expect(exceptions.known == 2);
    free(lines);
    exceptions_clear(&exceptions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    struct exceptions exceptions = {.today = 1};
    char *text;

    fuzz_model(&model);
    exceptions.baseline_path = fuzz_file(data, size);
    if (exceptions_read(&exceptions)) {
        exceptions_apply(&exceptions, &model);
        for (struct group *group = model.groups; group != NULL; group = group->hh.next) {
            if (group->known == NULL)
                entries_add(&exceptions.baseline, entry_line(group));
        }
        text = lines_of(&exceptions.baseline, &size);
        read_again(&model, text, size);
        free(text);
    }
    exceptions_clear(&exceptions);
    return 0;
}
