// SPDX-License-Identifier: MIT
#include "options/options.h"

#include "base/memory.h"
#include "commands/command.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN = 24, WIDTH = 100 };

/* Words from column on, the first line beginning at `at`. */
static void put_wrapped(FILE *out, const char *text, size_t column, size_t at)
{
    bool first = true;

    while (*text != '\0') {
        size_t length = strcspn(text, " ");

        if (!first && at + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
            first = true;
        }
        fprintf(out, "%s%.*s", first ? "" : " ", (int)length, text);
        at += length + !first;
        first = false;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

static char *words_of(const struct option_row *row)
{
    char *text = memory_string(row->help);

    for (size_t i = 0; row->word != NULL && row->word(i) != NULL; i++) {
        char *longer = memory_format("%s%s%s", text, i == 0 ? ": " : ", ", row->word(i));

        free(text);
        text = longer;
    }
    return text;
}

static void put_row(FILE *out, const struct option_row *row)
{
    char letter[] = {'-', row->letter, ',', ' ', '\0'};
    char *label =
        memory_format("  %s--%s%s%s", row->letter != 0 ? letter : "", row->name,
                      row->value != NULL ? "=" : "", row->value != NULL ? row->value : "");
    char *text = words_of(row);

    if (strlen(label) + 2 > COLUMN)
        fprintf(out, "%s\n%*s", label, COLUMN, "");
    else
        fprintf(out, "%-*s", COLUMN, label);
    put_wrapped(out, text, COLUMN, COLUMN);
    free(label);
    free(text);
}

void options_help(FILE *out, const struct command *command)
{
    fprintf(out, "Usage: %s\n\n", command->usage);
    put_wrapped(out, command->about, 0, 0);
    fputc('\n', out);
    for (size_t i = 0; i < option_count; i++) {
        if ((option_rows[i].commands & command->in) != 0)
            put_row(out, &option_rows[i]);
    }
    fputs("\nExit status: ", out);
    put_wrapped(out, command->statuses, 0, strlen("Exit status: "));
    fputs("\ndlpin(1) has the rest, with examples.\n", out);
}
