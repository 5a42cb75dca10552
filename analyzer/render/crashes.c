// SPDX-License-Identifier: MIT
#include "render/crashes.h"

#include "base/memory.h"
#include "load/names.h"
#include "render/place.h"
#include "render/put.h"

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

static void put_what(FILE *out, const struct crash *crash)
{
    const struct module *module = crash_module(crash);
    char *signal = crash_signal(crash), *place = place_text(crash->process, crash->data->place);

    put(out, "  %s (process %" PRId64 ") crashed with %s %s %s", process_name(crash->process),
        crash->process->key.pid, signal, was_access(crash->data) ? "when it read or wrote" : "at",
        place);
    if (module != NULL && module->unloaded <= crash->record->time)
        put(out, ", %.3f s after %s was unloaded",
            (double)(crash->record->time - module->unloaded) / 1e9, module_identity(module));
    fputs(".\n", out);
    free(signal);
    free(place);
}

static void put_prediction(FILE *out, const struct crash *crash)
{
    const struct finding *finding = crash_finding(crash);
    int64_t id = crash->data->predicted_by;

    if (id == RECORD_ABSENT) {
        fputs("  No finding predicted it.\n", out);
        return;
    }
    if (finding == NULL) {
        fprintf(out, "  Predicted by finding %" PRId64 ", which is not in the report.\n", id);
        return;
    }
    fprintf(out, "  Predicted by finding %" PRId64 ", ", id);
    put(out, "%s %s:", severity_name(finding->data->severity), finding->data->kind);
    fputc('\n', out);
    put_message(out, finding->data->message, "    ");
}

void put_crash(FILE *out, const struct crash *crash, bool color)
{
    const struct module *module = crash_module(crash);

    fputs(color ? "\033[1;31mcrash\033[0m: " : "crash: ", out);
    if (module != NULL)
        put(out, "%s (%s)", module_identity(module), module_state_name(module->data->state));
    else
        put(out, "%s", process_name(crash->process));
    fputc('\n', out);
    put_what(out, crash);
    put_prediction(out, crash);
    put_stack(out, crash->process, "died at", crash->data->stack, crash->data->stack_count);
    fputc('\n', out);
}

void put_crashes(FILE *out, const struct model *model, bool color)
{
    for (const struct crash *crash = model->crashes; crash != NULL; crash = crash->next)
        put_crash(out, crash, color);
}
