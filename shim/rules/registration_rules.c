// SPDX-License-Identifier: MIT
/* Functions and memory that were registered with the C library, and outlive their module there. */
#include "base/json.h"
#include "base/sys.h"
#include "ownership/frame_json.h"
#include "registry/epolls.h"
#include "registry/libc_state.h"
#include "registry/signal_stacks.h"
#include "registry/threads.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"

#include <string.h>

/* The program is done with the module, or about to be. When a closed module is unloaded, the C
 * library removes the entries that belong to it. */
static bool has_left(const struct module *module, const struct subject *subject)
{
    if (module_is_closed(module))
        return module != subject->registration->keeper;
    return module_is_unloaded(module) ||
           (subject->closing && module && module == subject->candidate);
}

static const struct frame *function_that_left(const struct subject *subject)
{
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        if (has_left(subject->registration->functions[i].module, subject))
            return &subject->registration->functions[i];
    return NULL;
}

/* Whose signal stack or locale it is. One that was set past us has no serial number, and the
 * thread's own for its identity. */
static pid_t thread_of(const struct registration *registration)
{
    if (registration->type != REGISTERED_SIGNAL_STACK && registration->type != REGISTERED_LOCALE)
        return 0;
    if (!registration->serial)
        return (pid_t)registration->identity;
    const struct thread *thread = thread_by_serial_locked(registration->identity);
    return thread ? atomic_load(&thread->tid) : 0;
}

/* "descriptor 7" */
static void name_file(int file, struct finding *finding)
{
    struct text name = {0};
    text_printf(&name, "descriptor %d", file);
    if (name.length < sizeof finding->registration.name)
        memcpy(finding->registration.name, text_string(&name), name.length + 1);
    text_free(&name);
}

static void copy_registration(const struct registration *registration, struct finding *finding)
{
    finding->registration.call =
        registration->call ? registration->call : registration_facts[registration->type].call;
    memcpy(finding->registration.name, registration->name, sizeof registration->name);
    if (registration->type == REGISTERED_EPOLL)
        name_file((int)(uint32_t)registration->identity, finding);
    finding->requester = module_ref(registration->requester);
    finding->stack = stack_copy(registration->stack);
    finding->tid = thread_of(registration);
}

/* True where only the kernel has the data: it depends on whom the kernel gives that to what will
 * happen. */
static bool is_for_anybody(const struct registration *registration)
{
    bool notifies =
        registration->type == REGISTERED_TIMER || registration->type == REGISTERED_QUEUE;
    return registration->type == REGISTERED_EPOLL || (notifies && !registration->functions[0].pc);
}

static bool match_registration(const struct subject *subject, struct finding *finding)
{
    const struct registration *registration = subject->registration;
    if (registration_facts[registration->type].kind != finding->kind)
        return false;
    const struct frame *function = function_that_left(subject);
    if (!function && !has_left(registration->image, subject))
        return false;
    bool armed = registration_is_armed(registration);
    if (subject->closing && (!armed || is_for_anybody(registration)))
        return false;
    /* Released memory is a finding whether its maker is mapped or not. */
    bool is_allocated = registration->block || registration->mapping;
    if (!function && is_allocated && !module_is_unloaded(registration->image))
        return false;
    finding->verdict = armed ? VERDICT_DANGLING : VERDICT_LOST;
    finding->severity = armed && !is_for_anybody(registration) ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->pending = subject->closing;
    if (function) {
        finding->function = *function;
        module_ref(function->module);
    } else {
        finding->function = registration->functions[0];
        module_ref(finding->function.module);
        finding->address = registration->data;
        finding->place = is_allocated ? PLACE_BLOCK : PLACE_IMAGE;
    }
    finding->module = module_ref(function ? function->module : registration->image);
    finding->owner = module_ref(finding->module);
    copy_registration(registration, finding);
    return true;
}

/* Where the data is, or was. */
static void say_memory(const struct finding *finding, struct text *message)
{
    if (finding->place == PLACE_BLOCK)
        text_printf(message, "%lx, which the module allocated and which was released",
                    (unsigned long)finding->address);
    else
        word_in_image(message, finding);
}

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
    say_memory(finding, message);
}

static void explain_exit_handler(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "the exit handler that was registered with %s is still there: ",
                finding->registration.call);
    say_what(finding, &message->cause);
    if (!finding->object.closed)
        text_add(&message->consequence, "When the process ends, it jumps into unmapped memory and "
                                        "dies: the C library does not take the handler out with "
                                        "the module");
    text_add(&message->fix, "Call atexit in ");
    word_identity(&message->fix, finding->module);
    text_printf(&message->fix,
                " itself, whose handlers run when it is unloaded, or keep the handler "
                "in code that stays; what was given to %s cannot be taken back",
                finding->registration.call);
}

static void explain_fork_handler(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    text_add(&message->cause, "the fork handler ");
    say_what(finding, &message->cause);
    text_add(&message->cause,
             " is still registered, because it was registered in the name of the program or of "
             "another module");
    if (!finding->object.closed)
        text_add(&message->consequence,
                 "The next fork jumps into unmapped memory, and the process dies");
    text_add(&message->fix, "Call pthread_atfork in ");
    word_identity(&message->fix, finding->module);
    text_add(&message->fix, " itself: the C library then takes the handlers for the module's own, "
                            "and removes them when it unloads the module");
}

static void explain_idle_timer(const struct finding *finding, struct message *message)
{
    text_add(&message->cause, "a timer that it made with timer_create is still there, with ");
    say_what(finding, &message->cause);
    text_add(&message->cause, finding->function.pc ? " to be called" : " to be sent by signal");
    if (!finding->object.closed)
        text_add(&message->consequence, "Nothing happens as long as nobody arms it, but nobody "
                                        "can delete it any more; each load of the module leaves "
                                        "one");
    text_add(&message->fix, "Call timer_delete");
    word_undo(&message->fix, finding);
}

static const char *cancelling_call(const char *call)
{
    return strcmp(call, "mq_notify") == 0       ? "mq_notify(queue, NULL) or mq_close"
           : strcmp(call, "getaddrinfo_a") == 0 ? "gai_cancel, or wait with gai_suspend,"
                                                : "timer_delete";
}

static void explain_timer(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    if (finding->verdict == VERDICT_LOST) {
        explain_idle_timer(finding, message);
        return;
    }
    bool calls = finding->function.pc;
    text_printf(&message->cause, "a notification that was set up with %s still %s ",
                finding->registration.call, calls ? "calls" : "sends a signal with");
    say_what(finding, &message->cause);
    if (!finding->object.closed && !calls)
        text_add(&message->consequence, "The kernel gives the pointer to whoever handles the "
                                        "signal, who reads or calls unmapped memory: then the "
                                        "process dies");
    if (!finding->object.closed && calls)
        text_add(&message->consequence, "When the notification comes, the C library calls it in a "
                                        "new thread: that jumps into unmapped memory, and the "
                                        "process dies");
    text_printf(&message->fix, "Call %s", cancelling_call(finding->registration.call));
    word_undo(&message->fix, finding);
    if (calls)
        text_add(&message->fix, ", and wait for a notification that is under way");
}

static const char *async_io_consequence(const struct finding *finding)
{
    const char *part = finding->registration.name;
    if (!strcmp(part, "buffer"))
        return "The transfer fails with EFAULT, or reads or writes what lies there by then";
    if (!strcmp(part, "control block"))
        return "When the request is over, the C library writes the result there, in unmapped "
               "memory or over what lies there by then, and the process dies";
    return finding->place == PLACE_NONE
               ? "When the request is over, the C library calls it in a new thread: that jumps "
                 "into unmapped memory, and the process dies"
               : "When the request is over, the C library calls it in a new thread, which uses "
                 "unmapped memory, and the process dies";
}

static void explain_async_io(const struct finding *finding, struct message *message)
{
    const char *part = finding->registration.name;
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "a request of %s is still in flight, whose %s ",
                finding->registration.call, part);
    if (!strcmp(part, "notification")) {
        text_add(&message->cause, finding->function.pc ? "calls " : "has as argument ");
        say_what(finding, &message->cause);
    } else if (finding->place == PLACE_BLOCK) {
        text_printf(&message->cause,
                    "lay at %lx in memory that the module allocated and that was released",
                    (unsigned long)finding->address);
    } else {
        text_printf(&message->cause, "lies at %lx in its image", (unsigned long)finding->address);
    }
    if (!finding->object.closed)
        text_add(&message->consequence, async_io_consequence(finding));
    text_add(&message->fix,
             "Wait with aio_suspend until the request is over, or call aio_cancel and "
             "wait then,");
    word_undo(&message->fix, finding);
}

static void say_remedy(struct text *fix, const char *call)
{
    static const struct {
        const char *call, *remedy;
    } remedies[] = {
        {"openlog", "Call closelog, or openlog with a string that stays,"},
        {"setvbuf", "Call fclose, or setvbuf with a buffer that stays,"},
        {"fopencookie", "Call fclose"},
        {"fmemopen", "Call fclose"},
        {"initstate", "Call setstate with the state that initstate returned,"},
        {"setstate", "Call setstate with a state that stays,"},
        {"uselocale", "Call uselocale with the locale that was there before, in the same thread,"},
        {"register_printf_specifier", "Call register_printf_specifier with NULL for it"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(remedies); i++) {
        if (strcmp(remedies[i].call, call) != 0)
            continue;
        text_add(fix, remedies[i].remedy);
        return;
    }
    if (strncmp(call, "std::", 5) == 0)
        text_printf(fix, "Call %s with the handler that was there before,", call);
    else
        text_printf(fix, "Set %s to what was there before", call);
}

static const char *hook_consequence(enum place place)
{
    switch (place) {
    case PLACE_IMAGE:
        return "The next use reads or writes unmapped memory, and the process dies";
    case PLACE_BLOCK:
        return "The next use reads or writes memory that others have by then, and the process "
               "dies, or their data is wrong";
    case PLACE_NONE:
        break;
    }
    return "The next use jumps into unmapped memory, and the process dies";
}

static void explain_hook(const struct finding *finding, struct message *message)
{
    const char *call = finding->registration.call;
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "what it gave to %s", call);
    if (finding->registration.name[0])
        text_printf(&message->cause, " for %s", finding->registration.name);
    if (finding->tid) {
        text_add(&message->cause, " in ");
        word_thread(&message->cause, finding);
    }
    text_add(&message->cause, " is still in use: ");
    say_what(finding, &message->cause);
    if (!finding->object.closed)
        text_add(&message->consequence, hook_consequence(finding->place));
    if (strcmp(call, "register_printf_type") == 0) {
        text_add(&message->fix, "Call register_printf_type in code that stays: it cannot be taken "
                                "back");
        return;
    }
    say_remedy(&message->fix, call);
    word_undo(&message->fix, finding);
}

static void explain_signal_stack(const struct finding *finding, struct message *message)
{
    bool is_block = finding->place == PLACE_BLOCK;
    word_fate(&message->cause, finding);
    text_add(&message->cause, "the signal stack of ");
    word_thread(&message->cause, finding);
    text_add(&message->cause, ", set with sigaltstack, is at ");
    say_memory(finding, &message->cause);
    if (!finding->object.closed)
        text_printf(&message->consequence,
                    "The next signal to that thread whose handler was set with SA_ONSTACK %s, and "
                    "the process dies",
                    is_block ? "writes over what others have there"
                             : "is delivered to unmapped memory");
    text_add(&message->fix, "Call sigaltstack with SS_DISABLE, or with the stack that was set "
                            "before, in the same thread before the module is unloaded");
}

static void explain_unwind_frames(const struct finding *finding, struct message *message)
{
    bool is_block = finding->place == PLACE_BLOCK;
    word_fate(&message->cause, finding);
    text_printf(&message->cause,
                "its unwind tables are still registered with %s: ", finding->registration.call);
    if (is_block)
        text_printf(&message->cause, "%lx, in memory that was released",
                    (unsigned long)finding->address);
    else
        word_in_image(&message->cause, finding);
    if (!finding->object.closed)
        text_add(&message->consequence,
                 "The unwinder reads them at the next throw of a C++ exception, pthread_exit, "
                 "pthread_cancel or backtrace, in any module, and the process dies");
    text_printf(&message->fix, "Call %s for them",
                strstr(finding->registration.call, "_info") ? "__deregister_frame_info"
                                                            : "__deregister_frame");
    word_undo(&message->fix, finding);
}

static void explain_epoll(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    text_printf(&message->cause, "the data of an epoll entry, for %s, is still the address of ",
                finding->registration.name);
    word_in_image(&message->cause, finding);
    if (!finding->object.closed)
        text_add(&message->consequence,
                 "The kernel gives the pointer to whoever waits for the next event, who reads or "
                 "calls unmapped memory: then the process dies");
    text_add(&message->fix, "Call epoll_ctl with EPOLL_CTL_DEL, or close every descriptor of that "
                            "file,");
    word_undo(&message->fix, finding);
}

static void explain_environment(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    if (!strcmp(finding->registration.call, "environ")) {
        text_add(&message->cause, "the list of environment variables itself lies ");
    } else {
        text_add(&message->cause, "the environment variable ");
        if (finding->registration.name[0])
            text_printf(&message->cause, "%s ", finding->registration.name);
        text_add(&message->cause, "is still a string ");
    }
    text_add(&message->cause, "at ");
    word_in_image(&message->cause, finding);
    if (!finding->object.closed)
        text_add(&message->consequence,
                 "The next getenv, setenv or exec reads unmapped memory, and the process dies");
    text_add(&message->fix,
             "Use setenv, which copies the string, instead of putenv; or call unsetenv");
    word_undo(&message->fix, finding);
}

static void identify(const struct subject *subject, struct object *object)
{
    const struct registration *registration = subject->registration;
    object->registration.type = registration->type;
    object->registration.serial = registration->serial;
    object->registration.unseen = registration->serial ? 0 : (uint32_t)registration->identity;
    object->registration.what =
        registration->data ? registration->data : registration->functions[0].pc;
}

static bool is_ignored(const struct subject *subject)
{
    return subject->registration->ignored;
}

/* An entry that was set past us: which instance has it is not kept. */
static bool is_entry(const struct epoll_entry *entry, void *data)
{
    const struct object *object = data;
    return (uint32_t)entry->file == object->registration.unseen &&
           entry->data == object->registration.what;
}

/* A signal stack that was set past us: only the thread itself can ask for it. */
static bool unseen_stack_holds(const struct object *object)
{
    pid_t tid = (pid_t)object->registration.unseen;
    return tid == sys_gettid() ? signal_stack_own() == object->registration.what
                               : sys_thread_alive(tid);
}

static bool is_registered(const struct object *object)
{
    const char *call;
    uintptr_t function;
    if (object->registration.type == REGISTERED_VARIABLE)
        return environment_has(object->registration.what);
    if (object->registration.type == REGISTERED_ENVIRON)
        return environment_list() == object->registration.what;
    if (object->registration.type == REGISTERED_HANDLER)
        return libc_handler_locked(object->registration.unseen, &call, &function) &&
               function == object->registration.what;
    if (object->registration.type == REGISTERED_SIGNAL_STACK && !object->registration.serial)
        return unseen_stack_holds(object);
    if (object->registration.type == REGISTERED_EPOLL && !object->registration.serial)
        return epolls_each_entry(UINT64_MAX, is_entry, (void *)object);
    const struct registration *registration =
        registration_by_serial_locked(object->registration.type, object->registration.serial);
    return registration && registration_is_live(registration);
}

static void still_holds(const struct object *object, const char **how)
{
    if (!is_registered(object))
        *how = registration_facts[object->registration.type].over;
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_string(text, "call", finding->registration.call);
    if (finding->registration.name[0])
        json_string(text, "name", finding->registration.name);
    if (finding->tid)
        subject_thread(text, finding);
    json_frame_member(text, "function", &finding->function);
    if (finding->address)
        subject_address(text, finding, "address");
}

static uintptr_t word(const struct object *object)
{
    return object->registration.what;
}

const struct object_class registration_class = {
    .identify = identify,
    .is_ignored = is_ignored,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .word = word,
};

const struct rule rule_EXIT_HANDLER = {&registration_class, match_registration,
                                       explain_exit_handler, CLOSED_NOTE};
const struct rule rule_FORK_HANDLER = {&registration_class, match_registration,
                                       explain_fork_handler, CLOSED_NOTE};
const struct rule rule_TIMER = {&registration_class, match_registration, explain_timer,
                                CLOSED_NOTE};
const struct rule rule_ASYNC_IO = {&registration_class, match_registration, explain_async_io,
                                   CLOSED_NOTE};
const struct rule rule_HOOK = {&registration_class, match_registration, explain_hook, CLOSED_NOTE};
const struct rule rule_ENVIRONMENT = {&registration_class, match_registration, explain_environment,
                                      CLOSED_NOTE};
const struct rule rule_EPOLL = {&registration_class, match_registration, explain_epoll,
                                CLOSED_NOTE};
const struct rule rule_SIGNAL_STACK = {&registration_class, match_registration,
                                       explain_signal_stack, CLOSED_NOTE};
const struct rule rule_UNWIND_FRAMES = {&registration_class, match_registration,
                                        explain_unwind_frames, CLOSED_NOTE};
