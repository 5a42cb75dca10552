// SPDX-License-Identifier: MIT
/*
 * Registrations with the C library: functions that it will call, and memory that it will read.
 *
 * An entry is kept only if it names code or data of a module loaded after the program's start: the
 * rest cannot dangle. So the calls of a starting C++ program leave nothing here.
 *
 * An entry is linked from registration_prepare on, and goes when it is replaced, removed or, for
 * what belongs to a module's handle, when libc has finalized that. The lists are under the registry
 * lock; the functions that change them take it, and are called inside the guard, without our locks.
 */
#ifndef DLPIN_REGISTRY_REGISTRATIONS_H
#define DLPIN_REGISTRY_REGISTRATIONS_H

#include "ownership/stack.h"
#include "registry/registry.h"

/* X(enumerator, kind of finding, "what it is called by users", "how it ends") */
#define DLPIN_REGISTRATIONS(X)                                                            \
    X(ON_EXIT, EXIT_HANDLER, "on_exit", "the handler has run")                            \
    X(QUICK_EXIT, EXIT_HANDLER, "at_quick_exit", "the handler has run")                   \
    X(ATEXIT, EXIT_HANDLER, "__cxa_atexit", "the handler has run")                        \
    X(ATFORK, FORK_HANDLER, "pthread_atfork", "the handler was taken out")                \
    X(TIMER, TIMER, "timer_create", "the timer was deleted")                              \
    X(QUEUE, TIMER, "mq_notify", "the notification was given, or is not waited for")      \
    X(LOOKUP, TIMER, "getaddrinfo_a", "the notification was given")                       \
    X(ASYNC_IO, ASYNC_IO, "aio_read", "the request is over")                              \
    X(LOG_NAME, HOOK, "openlog", "the name was replaced")                                 \
    X(CONVERSION, HOOK, "register_printf_specifier", "the function was replaced")         \
    X(ARGUMENT_TYPE, HOOK, "register_printf_type", "the function was replaced")           \
    X(BUFFER, HOOK, "setvbuf", "the stream was closed, or given another buffer")          \
    X(COOKIE, HOOK, "fopencookie", "the stream was closed")                               \
    X(MEMORY_STREAM, HOOK, "fmemopen", "the stream was closed")                           \
    X(RANDOM_STATE, HOOK, "initstate", "random has another state")                        \
    X(HANDLER, HOOK, NULL, "the handler was replaced")                                    \
    X(VARIABLE, ENVIRONMENT, "putenv", "the variable is not in the environment any more") \
    X(ENVIRON, ENVIRONMENT, "environ", "environ was replaced")                            \
    X(EPOLL, EPOLL, "epoll_ctl", "the entry was removed, or has other data")              \
    X(FRAMES, UNWIND_FRAMES, "__register_frame", "the tables were deregistered")          \
    X(SIGNAL_STACK, SIGNAL_STACK, "sigaltstack", "the thread has another one, or ended")  \
    X(THREAD_STACK, THREAD_STACK, "pthread_create", "the thread ended")                   \
    X(LOCALE, HOOK, "uselocale", "the thread has another one, or ended")

#define DLPIN_REGISTRATION_ROW(name, ...) REGISTERED_##name,
enum registration_type { DLPIN_REGISTRATIONS(DLPIN_REGISTRATION_ROW) REGISTRATION_TYPES };

struct registration_facts {
    enum kind kind;
    const char *call, *over;
};
extern const struct registration_facts registration_facts[REGISTRATION_TYPES];

enum { REGISTRATION_FUNCTIONS = 4, REGISTRATION_NAME = 40 };

struct registration {
    struct registration *next, **link;
    uint64_t serial; /* never used again; 0: found in libc's state, nobody was seen to make it */
    enum registration_type type;
    uintptr_t identity;                             /* what it is replaced or removed by */
    struct frame functions[REGISTRATION_FUNCTIONS]; /* each module holds a reference */
    uintptr_t data;                                 /* what libc will read, or hand to them */
    struct module *image;                           /* that `data` points into, or NULL; or, */
    uintptr_t block;                                /* where it points into this heap block, */
    uint32_t site;                                  /* that was made here, who made that; or, */
    uint64_t mapping;                               /* into this one, who mapped that */
    struct module *keeper;                          /* whose handle it goes with, or NULL */
    struct module *requester;                       /* the nearest one that is not common */
    struct module *home;                            /* of the control block, or NULL */
    struct stack *stack;
    bool ignored;                 /* made between dlpin_ignore_begin and dlpin_ignore_end */
    bool muted;                   /* nobody knows whether libc took it */
    bool taken;                   /* by registration_take_newest */
    bool in_flight;               /* the request, when a module was last closed */
    bool idle, over;              /* as registrations_note_kernel found it */
    uintptr_t function, argument; /* as the program gave them, for those that run through us; of a
                                   * request, its buffer */
    const char *call;             /* instead of its type's */
    char name[REGISTRATION_NAME]; /* of an environment variable, a conversion, … */
};

/* The program's request. */
struct registration_request {
    enum registration_type type;
    uintptr_t functions[REGISTRATION_FUNCTIONS];
    uintptr_t data;
    uintptr_t other;    /* instead of `data`, where that is in no module; or 0 */
    uintptr_t argument; /* as libc gets it, where that is not `data` */
    uintptr_t handle;   /* of the module that it goes with, or 0 */
    uintptr_t identity; /* 0: the handle, until registration_complete */
    const char *call;   /* NULL: its type's */
    uintptr_t caller;   /* return address */
    const char *name;
    size_t name_length;
};

/* A linked entry, or NULL: there is nothing to keep, or no memory. */
struct registration *registration_prepare(const struct registration_request *request);

/* libc has it now: those of its type that had this identity are replaced. `registration` may be
 * NULL: what was not kept replaces, too. */
void registration_complete(struct registration *registration, enum registration_type type,
                           uintptr_t identity);

void registration_remove(struct registration *registration);

/* The last one that was made and that this did not return before; NULL: there is none. */
struct registration *registration_take_newest(enum registration_type type);

/* Stops reports about this entry, of which we do not know if libc still has it. The number names
 * it, because it may be removed already. */
void registration_mute(enum registration_type type, uint64_t serial);

/*
 * Removes those with this identity; true if there were any. With `spare_unloaded` those stay that
 * name something that is unloaded: what follows may be the crash that was foretold.
 */
bool registration_forget(enum registration_type type, uintptr_t identity, bool spare_unloaded);

/* In a fork child, which has no timers, notifications and requests of its parent. */
void registrations_fork_child(void);

/* libc has finalized what belongs to this handle. */
void registrations_finalized(uintptr_t handle);

/* Removes those for which `keep`, called under the registry lock, is false. */
void registrations_keep(enum registration_type type, bool keep(const struct registration *));

/* How many there are, and true if there are any; without a lock. */
unsigned registrations_count(enum registration_type type);
bool registrations_any(enum registration_type type);

/* True if code or data that it names is unloaded. */
bool registration_is_unloaded(const struct registration *registration);

/* The same, or it is closed. */
static inline bool registration_is_left(const struct registration *registration)
{
    bool left = module_is_left(registration->image);
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS && !left; i++)
        left = registration->functions[i].module != registration->image &&
               module_is_left(registration->functions[i].module);
    return left;
}

extern struct registration *registrations[REGISTRATION_TYPES]; /* under the registry lock */

/* True if a word that libc has is, or was, registered with it, or lies in a stream for which that
 * is so. */
bool registrations_have_locked(uintptr_t word, uintptr_t slot);

struct registration *registration_by_serial_locked(enum registration_type type, uint64_t serial);
struct registration *registration_by_identity_locked(enum registration_type type,
                                                     uintptr_t identity);

#endif
