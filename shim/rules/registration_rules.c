// SPDX-License-Identifier: MIT
/* What was registered with the C library, and outlives its module there. */
#include "base/guard.h"
#include "base/sys.h"
#include "modules/work.h"
#include "registry/libc_state.h"
#include "registry/signal_stacks.h"
#include "registry/threads.h"
#include "rules/found.h"
#include "rules/words.h"

#include <string.h>

/* Whether the program is done with the module, or about to be. With one that is closed, the C
 * library will take out what it keeps for that module itself. */
static bool is_gone(const struct module *module, const struct subject *subject)
{
    if (module_is_closed(module))
        return module != subject->registration->keeper;
    return module_is_unloaded(module) ||
           (subject->closing && module && module == subject->candidate);
}

static const struct frame *gone_function(const struct subject *subject)
{
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        if (is_gone(subject->registration->functions[i].module, subject))
            return &subject->registration->functions[i];
    return NULL;
}

/* Whose signal stack it is. What was set past us has no serial number, and the thread's own for
 * its identity. */
static pid_t thread_of(const struct registration *registration)
{
    if (registration->type != REGISTERED_SIGNAL_STACK)
        return 0;
    if (!registration->serial)
        return (pid_t)registration->identity;
    const struct thread *thread = thread_by_serial_locked(registration->identity);
    return thread ? atomic_load(&thread->tid) : 0;
}

static void copy_registration(const struct registration *registration, struct finding *finding)
{
    finding->call =
        registration->call ? registration->call : registration_facts[registration->type].call;
    memcpy(finding->name, registration->name, sizeof registration->name);
    finding->requester = module_ref(registration->requester);
    finding->stack = stack_copy(registration->stack);
    finding->tid = thread_of(registration);
}

bool match_registration(const struct subject *subject, struct finding *finding)
{
    const struct registration *registration = subject->registration;
    if (registration_facts[registration->type].kind != finding->kind)
        return false;
    const struct frame *function = gone_function(subject);
    if (!function && !is_gone(registration->image, subject))
        return false;
    bool armed = registration_is_armed(registration);
    if (subject->closing && !armed)
        return false;
    /* A block that was freed is no matter of whether its maker is mapped. */
    if (!function && registration->block && !module_is_unloaded(registration->image))
        return false;
    finding->verdict = armed ? VERDICT_DANGLING : VERDICT_LOST;
    finding->severity = armed ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->pending = subject->closing;
    if (function) {
        finding->function = *function;
        module_ref(function->module);
    } else {
        finding->function = registration->functions[0];
        module_ref(finding->function.module);
        finding->address = registration->data;
        finding->place = registration->block ? PLACE_BLOCK : PLACE_IMAGE;
    }
    finding->module = module_ref(function ? function->module : registration->image);
    finding->owner = module_ref(finding->module);
    copy_registration(registration, finding);
    return true;
}

/* --- what there is
 * ----------------------------------------------------------------------------------------- */

static void apply(const struct registration *registration, struct found *found)
{
    found_apply(&(struct subject){.type = OBJECT_REGISTRATION,
                                  .number = registration->type,
                                  .registration = registration},
                found);
}

/* An address that libc itself was found to keep; nobody tells when it got it. It must be one that
 * no module has now. */
static struct module *last_owner(uintptr_t address)
{
    struct module *module = modules_find_last(address);
    if (!module || !modules_find(address))
        return module;
    module_unref(module);
    return NULL;
}

/* What has been mapped there since may be meant. */
static bool is_unreadable(uintptr_t address)
{
    char byte;
    return sys_read_memory((const void *)address, &byte, sizeof byte) < 0;
}

static bool check_variable(uintptr_t string, void *data)
{
    const struct registration *seen = registration_by_identity_locked(REGISTERED_VARIABLE, string);
    struct registration found = {
        .type = REGISTERED_VARIABLE, .data = string, .call = "the environment"};
    if (seen) {
        apply(seen, data);
        return false;
    }
    found.image = last_owner(string);
    if (found.image && is_unreadable(string))
        apply(&found, data);
    module_unref(found.image);
    return false;
}

void found_environment_locked(bool unseen, struct found *found)
{
    struct registration list = {.type = REGISTERED_ENVIRON, .data = environment_list()};
    if (unseen || registrations[REGISTERED_VARIABLE])
        environment_each(check_variable, found);
    list.image = last_owner(list.data);
    if (list.image && is_unreadable(list.data))
        apply(&list, found);
    module_unref(list.image);
}

static void check_handlers_locked(struct found *found)
{
    struct registration handler = {.type = REGISTERED_HANDLER};
    for (unsigned i = 0; libc_handler_locked(i, &handler.call, &handler.functions[0].pc); i++) {
        handler.identity = i;
        handler.functions[0].module = last_owner(handler.functions[0].pc);
        if (handler.functions[0].module && is_unreadable(handler.functions[0].pc))
            apply(&handler, found);
        module_unref(handler.functions[0].module);
    }
}

/* What the calling thread set past us: the others' stacks only they can ask for. Its number in the
 * kernel says which thread it was. */
static void check_signal_stack_locked(struct found *found)
{
    uintptr_t start = signal_stack_own();
    struct module *image = start ? last_owner(start) : NULL;
    struct registration unseen = {.type = REGISTERED_SIGNAL_STACK,
                                  .identity = (uintptr_t)sys_gettid(),
                                  .data = start,
                                  .image = image};
    const struct registration *seen =
        guard.self ? registration_by_identity_locked(REGISTERED_SIGNAL_STACK, guard.self->serial)
                   : NULL;
    if (image && is_unreadable(start) && (!seen || seen->data != start))
        apply(&unseen, found);
    module_unref(image);
}

/* A timer may run off between the last destructor and the unmapping. */
static void check_closing_locked(const struct module *module, struct found *found)
{
    for (struct registration *each = registrations[REGISTERED_TIMER]; each; each = each->next)
        found_apply(&(struct subject){.type = OBJECT_REGISTRATION,
                                      .number = each->type,
                                      .registration = each,
                                      .closing = true,
                                      .candidate = module},
                    found);
}

static void check_all_locked(struct found *found)
{
    for (unsigned type = 0; type < REGISTRATION_TYPES; type++)
        for (struct registration *each = registrations[type]; each; each = each->next) {
            if (!registration_is_left(each))
                continue;
            work_note(WORK_REGISTRATIONS); /* it still is at the next check */
            if (type != REGISTERED_VARIABLE && registration_is_live(each))
                apply(each, found);
        }
}

void found_registrations_locked(const struct module *closing, struct found *found)
{
    if (closing) {
        check_closing_locked(closing, found);
        return;
    }
    if (work_take(WORK_REGISTRATIONS)) /* there are many, and most unloads leave none of them */
        check_all_locked(found);
    check_handlers_locked(found);
    check_signal_stack_locked(found);
}

/* --- in words
 * ---------------------------------------------------------------------------------------------- */

/* "its function f (…)" or "with its data 0x… as argument" */
static void say_what(const struct finding *finding, struct text *message)
{
    if (finding->place == PLACE_NONE) {
        word_function(message, &finding->function);
        return;
    }
    if (finding->function.pc) {
        word_function(message, &finding->function);
        text_add(message, " with ");
    }
    text_printf(message, "%lx in its image", (unsigned long)finding->address);
}

void explain_exit_handler(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    text_add(message, "the exit handler ");
    say_what(finding, message);
    text_printf(message,
                ", registered with %s, is still registered. The C library does not take it out "
                "with the module: when the process ends, it is called, and the process dies in "
                "unmapped memory. ",
                finding->call);
    text_add(message, "There is no way to take it out. Use atexit in the module itself, which runs "
                      "when it is unloaded, or a destructor; or keep the handler in code that "
                      "stays.");
}

void explain_fork_handler(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    text_add(message, "the fork handler ");
    say_what(finding, message);
    text_add(message,
             " is still registered, because it was registered by another module, with which it "
             "will go. The next fork jumps into unmapped memory. Call pthread_atfork in the "
             "module that has the handlers: they are taken out with it.");
}

static void explain_idle_timer(const struct finding *finding, struct text *message)
{
    text_add(message, "a timer that it made with timer_create is still there, with ");
    say_what(finding, message);
    text_add(message,
             " to be called. It is not armed, so nothing is called as long as nobody sets it; but "
             "nobody can delete it any more, and each load of the module leaves one. Call "
             "timer_delete before the module goes.");
}

void explain_timer(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    if (finding->verdict == VERDICT_LOST) {
        explain_idle_timer(finding, message);
        return;
    }
    text_printf(message, "a notification of %s still leads to ", finding->call);
    say_what(finding, message);
    text_add(message, ". When it comes, a thread is started there, in unmapped memory, and the "
                      "process dies. ");
    if (!strcmp(finding->call, "mq_notify"))
        text_add(message, "Take it back with mq_notify(queue, NULL) or mq_close");
    else if (!strcmp(finding->call, "getaddrinfo_a"))
        text_add(message, "Cancel the request with gai_cancel, or wait for it with gai_suspend,");
    else
        text_add(message, "Call timer_delete");
    text_add(message, " before the module goes, and wait for a notification that is under way.");
}

/* Those that a call changes back, and those that nothing does. */
static const char *remedy_of(const char *call)
{
    static const struct {
        const char *call, *remedy;
    } remedies[] = {
        {"openlog", "Call closelog, or openlog with a string that stays."},
        {"setvbuf", "Close the stream, or give it a buffer that stays."},
        {"fopencookie", "Close the stream before the module goes."},
        {"register_printf_type", "It cannot be taken back: register it in code that stays."},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (!strcmp(remedies[i].call, call))
            return remedies[i].remedy;
    return "Set back what was there before, in the module's stop function or in a destructor.";
}

void explain_hook(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    text_printf(message, "what was given to %s", finding->call);
    if (finding->name[0])
        text_printf(message, " for %s", finding->name);
    text_add(message, " still leads to ");
    say_what(finding, message);
    text_add(message, finding->place == PLACE_IMAGE
                          ? ". The next use reads or writes unmapped memory, and the process dies. "
                          : ". The next use jumps into unmapped memory, and the process dies. ");
    text_add(message, remedy_of(finding->call));
}

void explain_signal_stack(const struct finding *finding, struct text *message)
{
    bool is_block = finding->place == PLACE_BLOCK;
    word_fate(message, finding);
    text_add(message, "the signal stack of ");
    word_thread(message, finding);
    text_printf(message, ", set with sigaltstack, at %lx, ", (unsigned long)finding->address);
    text_add(message, is_block ? "lay in a block that the module made and that was freed"
                               : "lies in its image");
    text_printf(message,
                ". The next signal to that thread whose handler was set with SA_ONSTACK %s, and "
                "the process dies. Call sigaltstack with SS_DISABLE, or with the stack that was "
                "set before, in the same thread before the module goes.",
                is_block ? "writes over what others have there"
                         : "is delivered to unmapped memory");
}

void explain_unwind_frames(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    text_printf(message, "its unwind tables, which were registered with %s, ", finding->call);
    if (finding->place == PLACE_BLOCK)
        text_printf(message, "in a block at %lx that it made and that was freed, ",
                    (unsigned long)finding->address);
    else
        text_printf(message, "at %lx in its image, ", (unsigned long)finding->address);
    text_printf(message,
                "are still registered. The unwinder reads them at the next throw of a C++ "
                "exception, pthread_exit, pthread_cancel or backtrace, in any module, and the "
                "process dies. Call %s for them in the module's stop function or in a destructor.",
                strstr(finding->call, "_info") ? "__deregister_frame_info" : "__deregister_frame");
}

void explain_environment(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    if (!strcmp(finding->call, "environ")) {
        text_add(message, "the list of environment variables itself lies ");
    } else {
        text_add(message, "the environment variable ");
        if (finding->name[0])
            text_printf(message, "%s ", finding->name);
        text_add(message, "is still a string ");
    }
    text_printf(message,
                "at %lx in its image. The next getenv, setenv or exec reads unmapped memory, and "
                "the process dies. Use setenv, which copies the string, or unsetenv before the "
                "module goes.",
                (unsigned long)finding->address);
}
