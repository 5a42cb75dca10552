// SPDX-License-Identifier: MIT
#include "registry/registrations.h"
#include "base/guard.h"
#include "base/dropped.h"
#include "modules/object_at.h"
#include "modules/work.h"
#include "ownership/sites.h"
#include "registry/heap.h"
#include "registry/mappings.h"

#include <string.h>

#define DLPIN_REGISTRATION_FACTS(name, kind, call, over) {KIND_##kind, call, over},
const struct registration_facts registration_facts[REGISTRATION_TYPES] = {
    DLPIN_REGISTRATIONS(DLPIN_REGISTRATION_FACTS)};

struct registration *registrations[REGISTRATION_TYPES];
static _Atomic unsigned counts[REGISTRATION_TYPES];
static uint64_t last_serial;

unsigned registrations_count(enum registration_type type)
{
    return atomic_load_explicit(&counts[type], memory_order_relaxed);
}

bool registrations_any(enum registration_type type)
{
    return registrations_count(type) > 0;
}

/* True if the module may be unloaded before the registration ends. */
static bool may_dangle(const struct module *module, const struct module *keeper)
{
    return module && !module->startup && module != keeper;
}

/* Most addresses lie in `keeper` and need no search. Data may lie anywhere; for data an old loader
 * is not asked, because it would take its lock. */
static struct module *module_of(uintptr_t address, struct module *keeper, bool is_code)
{
    if (keeper && address >= keeper->start && address < keeper->end)
        return keeper;
    return is_code || object_at_works() ? modules_find_live(address) : modules_find(address);
}

/* A block that a library made on behalf of a plug-in belongs to the plug-in. */
static struct module *maker_of(const struct site *site)
{
    struct module *owner = site ? site->owner.module : NULL;
    return owner && owner->common ? site->requester.module : owner;
}

/* True for types whose data may be memory that was allocated, and stays there until we see it
 * replaced: what is at its address then is not libc's. */
static bool may_be_allocated(enum registration_type type)
{
    static const enum registration_type types[] = {
        REGISTERED_SIGNAL_STACK,  REGISTERED_FRAMES,   REGISTERED_ASYNC_IO,
        REGISTERED_THREAD_STACK,  REGISTERED_LOG_NAME, REGISTERED_RANDOM_STATE,
        REGISTERED_MEMORY_STREAM, REGISTERED_LOCALE,   REGISTERED_TIMER,
        REGISTERED_QUEUE,
    };
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i] == type)
            return true;
    return false;
}

static void resolve_block(struct registration *made, uintptr_t data)
{
    struct heap_block block;
    if (!heap_find(data, &block))
        return;
    struct module *maker = maker_of(site_get(block.site));
    if (!may_dangle(maker, made->keeper))
        return;
    made->image = maker;
    made->block = block.start;
    made->site = block.site;
}

static void resolve_mapping(struct registration *made, uintptr_t data)
{
    if (!mappings_may_have(data, 1) || !lock_acquire(&registry_lock))
        return;
    const struct mapped *mapped = mapping_find_locked(data);
    struct module *maker = mapped ? maker_of(site_get(mapped->site)) : NULL;
    if (may_dangle(maker, made->keeper)) {
        made->image = maker;
        made->mapping = mapped->serial;
    }
    lock_release(&registry_lock);
}

static void resolve_allocated(struct registration *made, uintptr_t data)
{
    if (!data || !may_be_allocated(made->type))
        return;
    resolve_block(made, data);
    if (!made->block)
        resolve_mapping(made, data);
}

static void resolve_data(struct registration *made, uintptr_t data)
{
    struct module *image = data ? module_of(data, made->keeper, false) : NULL;
    if (!may_dangle(image, made->keeper))
        return;
    made->image = image;
    made->data = data;
}

/* False: nothing of it can dangle. Modules hold no references yet. */
static bool resolve(struct registration *made, const struct registration_request *request)
{
    bool wanted = false;
    made->keeper = request->handle ? modules_find_live(request->handle) : NULL;
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++) {
        if (!request->functions[i])
            continue;
        made->functions[i] = (struct frame){request->functions[i],
                                            module_of(request->functions[i], made->keeper, true)};
        wanted |= may_dangle(made->functions[i].module, made->keeper);
    }
    resolve_data(made, request->data);
    if (!made->image)
        resolve_data(made, request->other);
    if (!made->image && !request->functions[0])
        resolve_allocated(made, request->data);
    if (made->type == REGISTERED_ASYNC_IO)
        made->home = module_of(made->identity, NULL, false);
    return wanted || made->image;
}

/* A thousand objects of one plug-in that have their destructors in a library of its own are common:
 * their callers say enough. */
static struct stack *stack_of(const struct registration *made,
                              const struct registration_request *request)
{
    bool plain = request->type == REGISTERED_ATEXIT && made->keeper && !made->keeper->startup;
    return plain ? stack_make(&request->caller, 1) : stack_capture(REGISTRY_FRAMES);
}

/* The thread that changes a module's state reads its count afterwards. */
static void name(struct module *module)
{
    if (!module)
        return;
    module_ref(module);
    atomic_fetch_add(&module->registered, 1);
}

static void unname(struct module *module)
{
    if (!module)
        return;
    atomic_fetch_sub(&module->registered, 1);
    module_unref(module);
}

static void hold(struct registration *made)
{
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        name(made->functions[i].module);
    name(made->image);
    module_ref(made->keeper);
    module_ref(made->requester);
    module_ref(made->home);
}

static void release(struct registration *registration)
{
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        unname(registration->functions[i].module);
    unname(registration->image);
    module_unref(registration->keeper);
    module_unref(registration->requester);
    module_unref(registration->home);
    stack_free(registration->stack);
    arena_free(registration, sizeof *registration);
}

static void copy_name(struct registration *made, const struct registration_request *request)
{
    size_t length = request->name_length;
    if (length >= sizeof made->name)
        length = sizeof made->name - 1;
    if (request->name)
        memcpy(made->name, request->name, length);
}

static bool link_new(struct registration *made)
{
    if (!lock_acquire(&registry_lock))
        return false;
    struct registration **first = &registrations[made->type];
    made->serial = ++last_serial;
    made->next = *first;
    made->link = first;
    if (made->next)
        made->next->link = &made->next;
    *first = made;
    atomic_fetch_add(&counts[made->type], 1);
    if (registration_is_left(made))
        work_note(WORK_REGISTRATIONS);
    lock_release(&registry_lock);
    return true;
}

struct registration *registration_prepare(const struct registration_request *request)
{
    struct registration found = {.type = request->type,
                                 .identity =
                                     request->identity ? request->identity : request->handle,
                                 .data = request->data,
                                 .call = request->call};
    if (!resolve(&found, request))
        return NULL;
    struct registration *made = arena_alloc(sizeof *made);
    if (!made) {
        drop(DROP_REGISTRATION);
        return NULL;
    }
    *made = found;
    made->function = request->functions[0];
    made->argument = request->argument ? request->argument : request->data;
    made->ignored = guard.ignoring > 0;
    made->stack = stack_of(made, request);
    const struct frame *requester = stack_requester(made->stack, NULL);
    made->requester = requester ? requester->module : NULL;
    copy_name(made, request);
    hold(made);
    if (link_new(made))
        return made;
    drop(DROP_REGISTRATION);
    release(made);
    return NULL;
}

static struct registration *unlink_locked(struct registration *registration)
{
    *registration->link = registration->next;
    if (registration->next)
        registration->next->link = registration->link;
    atomic_fetch_sub(&counts[registration->type], 1);
    return registration;
}

void registration_remove(struct registration *registration)
{
    if (!lock_acquire(&registry_lock))
        return;
    unlink_locked(registration);
    lock_release(&registry_lock);
    release(registration);
}

struct registration *registration_take_newest(enum registration_type type)
{
    if (!lock_acquire(&registry_lock))
        return NULL;
    struct registration *newest = registrations[type]; /* they are listed in that order */
    while (newest && newest->taken)
        newest = newest->next;
    if (newest)
        newest->taken = true;
    lock_release(&registry_lock);
    return newest;
}

bool registration_is_unloaded(const struct registration *registration)
{
    bool is_unloaded = module_is_unloaded(registration->image);
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS; i++)
        is_unloaded |= module_is_unloaded(registration->functions[i].module);
    return is_unloaded;
}

/* Removes those of the identity but `except`. Returns whether there were any. */
static bool forget(enum registration_type type, uintptr_t identity, bool spare_unloaded,
                   const struct registration *except)
{
    bool any = false;
    if (!registrations_any(type) || !lock_acquire(&registry_lock))
        return false;
    for (struct registration *each = registrations[type], *next; each; each = next) {
        next = each->next;
        if (each == except || each->identity != identity)
            continue;
        any = true;
        if (!spare_unloaded || !registration_is_unloaded(each))
            release(unlink_locked(each));
    }
    lock_release(&registry_lock);
    return any;
}

bool registration_forget(enum registration_type type, uintptr_t identity, bool spare_unloaded)
{
    return forget(type, identity, spare_unloaded, NULL);
}

void registrations_keep(enum registration_type type, bool keep(const struct registration *))
{
    if (!lock_acquire(&registry_lock))
        return;
    for (struct registration *each = registrations[type], *next; each; each = next) {
        next = each->next;
        if (!keep(each))
            release(unlink_locked(each));
    }
    lock_release(&registry_lock);
}

void registration_complete(struct registration *registration, enum registration_type type,
                           uintptr_t identity)
{
    forget(type, identity, false, registration);
    if (registration)
        registration->identity = identity;
}

void registration_mute(enum registration_type type, uint64_t serial)
{
    if (!lock_acquire(&registry_lock))
        return;
    struct registration *registration = registration_by_serial_locked(type, serial);
    if (registration)
        registration->muted = true;
    lock_release(&registry_lock);
}

/* They stay, because libc may have been given their addresses. */
void registrations_fork_child(void)
{
    static const enum registration_type types[] = {REGISTERED_TIMER, REGISTERED_QUEUE,
                                                   REGISTERED_LOOKUP, REGISTERED_ASYNC_IO};
    if (!lock_acquire(&registry_lock))
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
        for (struct registration *each = registrations[types[i]]; each; each = each->next)
            each->muted = true;
    lock_release(&registry_lock);
}

void registrations_finalized(uintptr_t handle)
{
    forget(REGISTERED_ATFORK, handle, false, NULL);
    forget(REGISTERED_QUICK_EXIT, handle, false, NULL);
}

struct registration *registration_by_serial_locked(enum registration_type type, uint64_t serial)
{
    struct registration *each = registrations[type];
    while (each && each->serial != serial)
        each = each->next;
    return each;
}

struct registration *registration_by_identity_locked(enum registration_type type,
                                                     uintptr_t identity)
{
    struct registration *each = registrations[type];
    while (each && each->identity != identity)
        each = each->next;
    return each;
}

static bool has_word(const struct registration *registration, uintptr_t word)
{
    enum { RANDOM_STATE = 256 }; /* bytes: random uses no more of it */
    bool has = registration->data == word || registration->function == word ||
               registration->argument == word ||
               (registration->type == REGISTERED_ASYNC_IO && registration->identity == word) ||
               (registration->type == REGISTERED_RANDOM_STATE &&
                word - registration->data <= RANDOM_STATE);
    for (unsigned i = 0; i < REGISTRATION_FUNCTIONS && !has; i++)
        has = registration->functions[i].pc == word;
    return has;
}

bool registrations_have_locked(uintptr_t word, uintptr_t slot)
{
    enum { STREAM = 512 }; /* a FILE, with what fopencookie puts after it */
    for (unsigned type = 0; type < REGISTRATION_TYPES; type++) {
        bool is_stream = type == REGISTERED_BUFFER || type == REGISTERED_COOKIE ||
                         type == REGISTERED_MEMORY_STREAM;
        for (const struct registration *each = registrations[type]; each; each = each->next)
            if (has_word(each, word) || (is_stream && slot - each->identity < STREAM))
                return true;
    }
    return false;
}
