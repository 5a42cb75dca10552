// SPDX-License-Identifier: MIT
#include "render/blocks.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/names.h"
#include "render/about.h"
#include "render/crashes.h"
#include "render/text.h"

#include <stdlib.h>
#include <string.h>

void words_begin(struct words *words)
{
    words->stream = open_memstream(&words->text, &words->size);
    if (words->stream != NULL)
        return;
    message_error("out of memory");
    exit(MEMORY_EXIT_STATUS);
}

char *words_finish(struct words *words)
{
    if (fclose(words->stream) != 0) {
        message_error("out of memory");
        exit(MEMORY_EXIT_STATUS);
    }
    while (words->size > 0 && words->text[words->size - 1] == '\n')
        words->text[--words->size] = '\0';
    return words->text;
}

char *block_of_group(const struct group *group)
{
    struct words words;

    words_begin(&words);
    put_group(words.stream, group, false);
    return words_finish(&words);
}

char *block_of_crash(const struct crash *crash)
{
    struct words words;

    words_begin(&words);
    put_crash(words.stream, crash, false);
    return words_finish(&words);
}

char *title_of_group(const struct group *group)
{
    char *about = about_text(group);
    char *text = memory_format("%s: %s", group->shown->data->kind, about);

    free(about);
    return message_printable(text);
}

char *title_of_crash(const struct crash *crash)
{
    const struct module *module = crash_module(crash);
    char *signal = crash_signal(crash);
    char *text = module != NULL ? memory_format("%s: %s (%s)", signal, module_identity(module),
                                                module_state_name(module->data->state))
                                : memory_format("%s: %s", signal, process_name(crash->process));

    free(signal);
    return message_printable(text);
}

bool report_fails(const struct report *report, const struct group *group)
{
    const struct gate usual = gate_default();

    return gate_matches(report->gate != NULL ? report->gate : &usual, group);
}
