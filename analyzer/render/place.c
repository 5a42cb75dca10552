// SPDX-License-Identifier: MIT
#include "render/place.h"

#include "base/memory.h"
#include "model/function_name.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *readable_name(const char *symbol)
{
    char *whole = demangle(symbol), *name = short_name(whole);

    free(whole);
    return name;
}

char *place_text(const struct process *process, const struct frame *frame)
{
    return place_text_of(process, frame, frame->inlined_count);
}

/* Functions of the C library that the program gave away (free as a destructor) are the library's
 * own of that name: where these lie says nothing. */
static bool is_in_library(const struct module *module)
{
    return module != NULL && strcmp(module_identity(module), "libdlpin.so") == 0;
}

char *place_text_of(const struct process *process, const struct frame *frame, size_t number)
{
    const struct module *module = process_module(process, frame->module);
    const struct frame_place at = frame_place(frame, number);
    const char *function = at.function != NULL ? at.function : at.inlined ? NULL : frame->symbol;
    char *line = at.shown == NULL ? memory_string("")
                 : at.line > 0    ? memory_format(" at %s:%d", at.shown, at.line)
                                  : memory_format(" at %s", at.shown);
    char *name = short_name(function != NULL ? function : "??");
    char *where = module != NULL
                      ? memory_format("%s+0x%" PRIx64, module_identity(module), frame->offset)
                      : memory_format("0x%" PRIx64, frame->pc);
    char *place =
        is_in_library(module) && function != NULL
            ? memory_format("%s (through libdlpin.so)", name)
            : memory_format("%s%s (%s%s)", name, line, where, at.inlined ? ", inlined" : "");

    free(name);
    free(line);
    free(where);
    return place;
}
