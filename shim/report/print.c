// SPDX-License-Identifier: MIT
/* Findings as lines for people. */
#include "modules/symbols.h"
#include "base/names.h"
#include "report/records.h"
#include "rules/paths.h"
#include "rules/words.h"

void print_frame(struct text *text, unsigned number, const struct frame *frame, bool returns)
{
    char symbol[SYMBOL_MAX];
    const struct module *module = frame->module;
    text_printf(text, "dlpin:     #%u %lx ", number, (unsigned long)frame->pc);
    if (symbol_find(module, frame->pc - returns, symbol))
        text_printf(text, "in %s ", symbol);
    if (module)
        text_printf(text, "(%s+%lx)", module->path, (unsigned long)(frame->pc - module->bias));
    else
        text_add(text, "(code outside of any module)");
    text_add(text, "\n");
}

static void print_path(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    for (unsigned n = 0; path && n < path->count; n++) {
        const struct path_step *step = &path->steps[n];
        if (path->skipped && n == path->count / 2)
            text_printf(text, "dlpin:     … %u more\n", path->skipped);
        text_add(text, n ? "dlpin:     -> " : "dlpin:     from ");
        path_describe(text, path, n);
        if (n > 0 && step->step.slot)
            text_printf(text, ", at +%lx", (unsigned long)(step->step.slot - step->step.start));
        text_add(text, "\n");
    }
    if (path && finding->target) {
        text_add(text, "dlpin:     -> ");
        word_target(text, finding);
        text_add(text, "\n");
    }
}

void print_finding(struct text *text, const struct finding_record *record)
{
    static const char *const titles[SEVERITY_COUNT] = {"note", "WARNING", "ERROR"};
    const struct finding *finding = record->finding;
    text_printf(text, "dlpin: %s: %s (%s): %s\n", titles[finding->severity],
                kind_names[finding->kind], verdict_names[finding->verdict],
                text_string(&record->message->cause));
    text_printf(text, "dlpin:   %s\n", text_string(&record->message->consequence));
    text_printf(text, "dlpin:   fix: %s\n", text_string(&record->message->fix));
    print_path(text, finding);
    for (uint32_t i = 0; finding->stack && i < finding->stack->count; i++)
        print_frame(text, i, &finding->stack->frames[i], true);
}
