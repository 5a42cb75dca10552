// SPDX-License-Identifier: MIT
#include "render/place.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

char *place_text(const struct process *process, const struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);
    const char *function = frame->function != NULL ? frame->function : frame->symbol;
    char *line = frame->source == NULL ? memory_string("")
                 : frame->line > 0     ? memory_format(" at %s:%d", frame->source, frame->line)
                                       : memory_format(" at %s", frame->source);
    char *where = module != NULL
                      ? memory_format("%s+0x%" PRIx64, module_identity(module), frame->offset)
                      : memory_format("0x%" PRIx64, frame->pc);
    char *place = memory_format("%s%s (%s)", function != NULL ? function : "??", line, where);

    free(line);
    free(where);
    return place;
}
