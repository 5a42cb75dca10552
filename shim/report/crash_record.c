// SPDX-License-Identifier: MIT
#include "report/crash_record.h"
#include "base/action.h"
#include "base/dropped.h"
#include "base/lock.h"
#include "base/options.h"
#include "modules/symbols.h"
#include "ownership/frame_json.h"
#include "report/log.h"
#include "base/names.h"
#include "report/records.h"
#include "report/report.h"
#include "rules/rule.h"

/* How well a finding about the module predicts the crash; among equals the more severe one wins. */
enum { NOT_AT_ALL, THIS_MODULE, THIS_THREAD, THIS_ADDRESS };

static bool is_word(const struct object *object, uintptr_t pc)
{
    const struct object_class *class = class_of(object);
    return class->word && class->word(object) == pc;
}

/* Loads of one module have their functions at the same offsets. */
static bool names_address(const struct crash *crash, const struct open_finding *open)
{
    const struct frame *function = &open->finding->function;
    uintptr_t offset = crash->place.pc - crash->place.module->bias;
    return is_word(open->object, crash->place.pc) ||
           (function->module && function->pc - function->module->bias == offset);
}

static bool is_of_thread(const struct crash *crash, const struct open_finding *open)
{
    bool runs = class_of(open->object)->is_of_running_thread;
    return runs && !crash->is_access && open->finding->tid == crash->tid;
}

static unsigned score(const struct open_finding *open, const void *data)
{
    const struct crash *crash = data;
    if (open->module != crash->place.module || open->finding->verdict != VERDICT_DANGLING)
        return NOT_AT_ALL;
    unsigned fit = names_address(crash, open)  ? THIS_ADDRESS
                   : is_of_thread(crash, open) ? THIS_THREAD
                                               : THIS_MODULE;
    return fit * SEVERITY_COUNT + open->finding->severity;
}

bool crash_is_foretold(const struct crash *crash)
{
    struct open_finding best;
    if (!lock_acquire(&report_lock))
        return false;
    bool found = report_best_locked(score, crash, &best) && names_address(crash, &best);
    lock_release(&report_lock);
    return found;
}

static void print_place(struct text *text, const struct frame *place)
{
    char symbol[SYMBOL_MAX];
    bool named = symbol_find(place->module, place->pc, symbol);
    text_printf(text, "%s (%s+%lx)", named ? symbol : "an address without a name",
                place->module->path, (unsigned long)(place->pc - place->module->bias));
}

static void print_crash(struct text *text, const struct crash *crash, const struct open_finding *by)
{
    char name[ACTION_NAME_MAX];
    action_name(crash->signal, name);
    text_printf(text, "dlpin: CRASH: %s %s ", name,
                crash->is_access ? "when it read or wrote" : "at");
    print_place(text, &crash->place);
    text_add(text, ", in a module that is unloaded. ");
    if (by)
        text_printf(text, "Finding %u foretold it: %s\n", by->id, kind_names[by->finding->kind]);
    else
        text_add(text, "No finding foretold it\n");
    for (uint32_t i = 0; crash->stack && i < crash->stack->count; i++)
        print_frame(text, i, &crash->stack->frames[i], i > 0);
}

static void show(const struct crash *crash, const struct open_finding *by)
{
    struct text text = {0};
    if (options.quiet)
        return;
    print_crash(&text, crash, by);
    log_say(text_string(&text));
    text_free(&text);
}

static void record_stack(struct text *text, const struct stack *stack)
{
    text_add(text, ",\"stack\":[");
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        text_add(text, i ? "," : "");
        json_frame(text, &stack->frames[i], i > 0);
    }
    text_add(text, "]");
}

static void record_crash(struct text *text, const struct crash *crash,
                         const struct open_finding *by)
{
    char name[ACTION_NAME_MAX], symbol[SYMBOL_MAX];
    const struct frame *place = &crash->place;
    action_name(crash->signal, name);
    json_begin(text, "crash");
    json_number(text, "time", log_now());
    json_number(text, "signal", (uint64_t)crash->signal);
    json_string(text, "signal_name", name);
    json_address(text, "address", place->pc);
    json_module(text, "module", place->module);
    json_number(text, "offset", place->pc - place->module->bias);
    json_string(text, "symbol", symbol_find(place->module, place->pc, symbol) ? symbol : NULL);
    if (by)
        json_number(text, "predicted_by", by->id);
    else
        text_add(text, ",\"predicted_by\":null");
    record_stack(text, crash->stack);
    json_end(text);
}

void crash_report(const struct crash *crash)
{
    struct open_finding by;
    struct text text = {0};
    if (!lock_acquire(&report_lock)) {
        drop(DROP_RECORD);
        return;
    }
    bool foretold = report_best_locked(score, crash, &by);
    if (foretold)
        report_own_locked(by.id);
    report_flush_locked();
    if (log_open_locked()) {
        record_crash(&text, crash, foretold ? &by : NULL);
        log_write(&text);
    }
    lock_release(&report_lock);
    show(crash, foretold ? &by : NULL);
}
