// SPDX-License-Identifier: MIT
#include "render/crashes.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/place.h"
#include "render/finding_message.h"
#include "render/put.h"
#include "render/stack.h"

#include <inttypes.h>
#include <stdlib.h>

char *crash_signal(const struct crash *crash)
{
    const struct crash_record *data = crash->data;

    return data->signal_name != NULL ? memory_string(data->signal_name)
                                     : memory_format("signal %" PRId64, data->signal);
}

/* Not where its code lay, but what it read or wrote there. */
static bool was_access(const struct crash_record *data)
{
    return data->stack_count > 0 && data->stack[0].pc != data->place->pc;
}

static void put_what(FILE *out, const struct style *style, const struct crash *crash)
{
    const struct module *module = crash_module(crash);
    char *signal = crash_signal(crash), *place = place_text(crash->process, crash->data->place);
    bool is_after = module != NULL && module->unloaded <= crash->record->time;
    double seconds = is_after ? (double)(crash->record->time - module->unloaded) / 1e9 : 0.0;
    char *later =
        is_after ? memory_format(", %.3f s after %s was unloaded", seconds, module_identity(module))
                 : memory_string("");
    char *text =
        memory_format("%s (process %" PRId64 ") crashed with %s %s %s%s.",
                      process_name(crash->process), crash->process->key.pid, signal,
                      was_access(crash->data) ? "when it read or wrote" : "in", place, later);

    put_wrapped(out, style, "  ", text);
    free(text);
    free(later);
    free(signal);
    free(place);
}

/* A finding that is in the report says the rest itself. */
static void put_prediction(FILE *out, const struct style *style, const struct crash *crash)
{
    const struct finding *finding = crash_finding(crash);

    if (crash->data->predicted_by == RECORD_ABSENT) {
        fputs("  No finding predicted it.\n", out);
        return;
    }
    if (finding == NULL) {
        fputs("  A finding predicted it that is not in the report.\n", out);
        return;
    }
    put(out, "  Predicted by this %s (%s):", severity_name(finding->data->severity),
        finding->data->kind);
    fputc('\n', out);
    if (finding_group(finding) == NULL || finding_group(finding)->hidden ||
        finding->data->cause == NULL)
        put_message(out, style, finding->data, "    ");
    else
        put_sentence(out, style, finding->data, "    ", finding->data->cause);
}

void put_crash(FILE *out, const struct style *style, const struct crash *crash)
{
    const struct module *module = crash_module(crash);

    fputs(style->color ? "\033[1;31mcrash\033[0m: " : "crash: ", out);
    if (module != NULL)
        put(out, "%s (%s)", module_identity(module), module_state_name(module->data->state));
    else
        put(out, "%s", process_name(crash->process));
    fputc('\n', out);
    put_what(out, style, crash);
    put_prediction(out, style, crash);
    put_stack(out, style, crash->process, "died at", crash->data->stack, crash->data->stack_count);
    fputc('\n', out);
}

void put_crashes(FILE *out, const struct style *style, const struct model *model)
{
    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next)
        put_crash(out, style, crash);
}
