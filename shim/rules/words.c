// SPDX-License-Identifier: MIT
#include "rules/words.h"
#include "base/sys.h"
#include "modules/symbols.h"
#include "registry/threads.h"
#include "rules/rust_names.h"

#include <string.h>

enum { INNERMOST = 4 };

void word_identity(struct text *text, const struct module *module)
{
    text_add(text, module ? module->identity : "code outside of any module");
}

void word_module(struct text *text, const struct module *module)
{
    word_identity(text, module);
    if (module && module->load > 1)
        text_printf(text, " (load %u)", module->load);
}

void word_fate(struct text *text, const struct finding *finding)
{
    word_module(text, finding->module);
    text_add(text, finding->pending         ? " is being closed, and "
                   : finding->object.closed ? " was closed and is still mapped, and "
                                            : " was unloaded, and ");
}

static const char *skip(const char *symbol, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(symbol, prefix, length) == 0 ? symbol + length : symbol;
}

bool words_is_of_std(const char *symbol)
{
    static const char *const wrappers[] = {"_Z", "GV", "TV", "TI", "TS", "TT", "Z", "N"};
    if (strncmp(symbol, "_Z", 2) != 0)
        return false;
    for (unsigned i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
        symbol = skip(symbol, wrappers[i]);
    symbol += strspn(symbol, "rVK");
    return symbol[0] == 'S' && symbol[1] && strchr("tabsiod", symbol[1]);
}

/* Nobody can read a name that is cut. */
static bool find_whole(const struct frame *frame, unsigned back, char name[static SYMBOL_MAX])
{
    return symbol_find(frame->module, frame->pc - back, name) && strlen(name) < SYMBOL_MAX - 1;
}

static void word_code(struct text *text, const struct frame *frame, unsigned back)
{
    char name[SYMBOL_MAX];
    if (!frame->module) {
        text_add_hex(text, frame->pc);
        return;
    }
    bool named = find_whole(frame, back, name);
    /* Such names are long, and say nothing of the module. The analyzer shows them with the frame.
     */
    bool is_of_std = named && words_is_of_std(name);
    bool is_of_rust = named && rust_is_of_library(name);
    if (named && frame->module->is_shim) {
        text_add(text, name);
        return;
    }
    if (named && !is_of_std && !is_of_rust)
        text_printf(text, "%s (", name);
    text_printf(text, "%s+%lx", frame->module->identity,
                (unsigned long)(frame->pc - frame->module->bias));
    if (named)
        text_add(text, is_of_std    ? " (code of the C++ library)"
                       : is_of_rust ? " (code of Rust's library)"
                                    : ")");
}

void word_function(struct text *text, const struct frame *frame)
{
    word_code(text, frame, 0);
}

void word_return_address(struct text *text, const struct frame *frame)
{
    word_code(text, frame, 1);
}

void word_signature(struct text *text, const struct frame *frame)
{
    if (!frame->pc || !frame->module || frame->module->runtime)
        return;
    text_printf(text, "|%s+%lx", frame->module->identity,
                (unsigned long)(frame->pc - frame->module->bias));
}

/* Code that the compiler makes, or takes from the language's library, has no counterpart by name.
 */
static bool is_of_user(const char *symbol)
{
    return !words_is_of_std(symbol) && !rust_is_of_library(symbol) &&
           strncmp(symbol, "_GLOBAL__", 9) != 0 && strcmp(symbol, "_init") != 0;
}

static bool own_function(const struct finding *finding, char name[static SYMBOL_MAX])
{
    const struct stack *stack = finding->stack;
    for (uint32_t i = 0; stack && i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->module && frame->module == finding->module && find_whole(frame, 1, name) &&
            is_of_user(name))
            return true;
    }
    return false;
}

void word_counterpart(struct text *text, const struct finding *finding)
{
    char name[SYMBOL_MAX];
    if (own_function(finding, name))
        text_printf(text, ", in the function that undoes %s or in a destructor", name);
    else
        text_add(text, ", where it stops its work or in a destructor");
}

void word_undo(struct text *text, const struct finding *finding)
{
    text_add(text, " in ");
    word_identity(text, finding->module);
    word_counterpart(text, finding);
}

void word_other_thread(struct text *text, pid_t tid, const char *name)
{
    char inherited[32];
    text_printf(text, "thread %d", tid);
    thread_name(sys_getpid(), inherited);
    if (name[0] && strcmp(name, inherited) != 0)
        text_printf(text, " \"%s\"", name);
}

void word_thread(struct text *text, const struct finding *finding)
{
    if (finding->tid == 0)
        text_add(text, "a thread that is about to start");
    else if (finding->tid == sys_getpid())
        text_add(text, "the main thread");
    else
        word_other_thread(text, finding->tid, finding->thread_name);
}

void word_in_image(struct text *text, const struct finding *finding)
{
    word_function(text, &(struct frame){finding->address, finding->module});
    text_add(text, ", in the module's image");
}

void word_count(struct text *text, size_t count, const char *noun)
{
    text_printf(text, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

void word_bytes(struct text *text, size_t bytes)
{
    if (bytes)
        text_printf(text, "a block of %zu bytes", bytes);
    else
        text_add(text, "a block");
}

bool word_end_of_threads(struct text *text, const struct module *library)
{
    if (!library || strncmp(library->identity, "libtbb.so", 9) != 0)
        return false;
    text_add(text, "Call tbb::finalize with a tbb::task_scheduler_handle before dlclose, which "
                   "ends the threads of TBB and waits for them");
    return true;
}

void word_drop_exception(struct text *text)
{
    text_add(text, "Leave the catch block, and drop each std::exception_ptr to the object, before "
                   "dlclose");
}

/* The function of the module that is the innermost on the stack. */
static bool first_own_name(const struct finding *finding, char name[static SYMBOL_MAX])
{
    for (uint32_t i = 0; finding->stack && i < finding->stack->count; i++) {
        const struct frame *frame = &finding->stack->frames[i];
        if (frame->module && frame->module == finding->module)
            return symbol_find(frame->module, frame->pc - 1, name);
    }
    return false;
}

bool words_is_rust(const struct finding *finding)
{
    char name[SYMBOL_MAX];
    return first_own_name(finding, name) && rust_is_name(name);
}

bool words_is_of_rust_library(const struct finding *finding)
{
    char name[SYMBOL_MAX];
    return first_own_name(finding, name) && rust_is_of_library(name);
}

bool words_stack_names(const struct stack *stack, const char *part)
{
    char name[SYMBOL_MAX];
    for (uint32_t i = 0; stack && i < stack->count && i < INNERMOST; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->module && symbol_find(frame->module, frame->pc - 1, name) && strstr(name, part))
            return true;
    }
    return false;
}
