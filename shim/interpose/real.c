// SPDX-License-Identifier: MIT
#include "interpose/real.h"
#include "interpose/bootstrap.h"
#include "lifecycle/start.h"
#include "modules/held.h"
#include "modules/modules.h"
#include "modules/surroundings.h"

#include <errno.h>

#define INTERPOSE(name, necessity) __typeof__(name) *real_##name;
#include "interpose/interposers.def"
#undef INTERPOSE

enum { OPTIONAL, REQUIRED };

#define INTERPOSE(name, necessity) {#name, (void **)&real_##name, (necessity) == REQUIRED},
const struct interposer interposers[] = {
#include "interpose/interposers.def"
};
#undef INTERPOSE

const unsigned interposer_count = ARRAY_SIZE(interposers);

static bool resolving, resolved;

bool real_is_relocated(void)
{
    static const void *const volatile self = &resolved;
    return self == &resolved;
}

COLD bool real_find(const void *const *pointer)
{
    if (!real_is_relocated())
        return false;
    real_resolve();
    return *pointer != NULL;
}

/* Stands in for a function that this libc does not have. */
static long not_there(void)
{
    errno = ENOSYS;
    return -1;
}

struct wanted {
    const char *name;
    void *found;
};

static void find_in(struct module *module, void *data)
{
    struct wanted *wanted = data;
    if (!module->is_shim && !wanted->found)
        wanted->found = module_symbol(module, wanted->name);
}

void real_resolve_again(void **pointer, const char *name)
{
    struct wanted wanted = {.name = name};
    if (likely(*pointer != (void *)not_there))
        return;
    held_each(0, find_in, &wanted);
    if (wanted.found)
        __atomic_store_n(pointer, wanted.found, __ATOMIC_RELEASE);
}

/* Not by its name: that may be a sanitizer's. */
const char *real_error(void)
{
    char *(*real_dlerror)(void) = (char *(*)(void))surroundings_next_symbol("dlerror");
    return real_dlerror ? real_dlerror() : NULL;
}

/* glibc gives up an error's memory with the second call. */
void real_forget_errors(void)
{
    real_error();
    real_error();
}

/* Without dlsym, which may be the one that waits for this. */
COLD void real_find_now(void **pointer)
{
    real_resolve();
    for (unsigned i = 0; i < interposer_count && !*pointer; i++)
        if (interposers[i].real == pointer)
            *pointer = surroundings_next_symbol(interposers[i].name);
}

/* dlsym is not asked for what is nowhere: it would take memory for its error. The program's own
 * malloc, in the middle of which this may run, would wait for itself. */
static void *find(const struct interposer *row)
{
    void *found = NULL;
    if (row->required || surroundings_have_next(row->name)) {
        found = real_dlsym(RTLD_NEXT, row->name);
        if (!found)
            real_forget_errors();
    }
    return found;
}

COLD void real_resolve(void)
{
    bool complete = true;
    if (resolved || resolving)
        return;
    resolving = true;
    /* dlsym cannot be asked for itself. */
    real_dlsym = (__typeof__(dlsym) *)surroundings_next_symbol("dlsym");
    for (unsigned i = 0; i < interposer_count && real_dlsym; i++) {
        const struct interposer *row = &interposers[i];
        void *found = find(row);
        complete &= found || !row->required;
        *row->real = found ? found : (void *)not_there;
    }
    real_free = bootstrap_choose_release(real_free);
    resolving = false;
    resolved = true;
    if (!complete)
        atomic_store(&lifecycle_phase, PHASE_INERT);
}
