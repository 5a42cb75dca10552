// SPDX-License-Identifier: MIT
/* The locale of a thread. libstdc++ sets and restores it by another name (__uselocale). */
#include "base/guard.h"
#include "interpose/real.h"
#include "lifecycle/start.h"
#include "registry/heap.h"
#include "registry/threads.h"

#include <locale.h>

static void register_own(locale_t locale, uint32_t site, uintptr_t caller)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    struct thread *self = thread_self();
    if (self) {
        thread_registered(
            registration_prepare(&(struct registration_request){
                .type = REGISTERED_LOCALE, .data = (uintptr_t)locale, .caller = caller}),
            REGISTERED_LOCALE);
        self->registered_locale = (uintptr_t)locale;
        self->locale_site = site;
        atomic_store(&self->locale, (uintptr_t)locale);
    }
    guard_leave(saved_errno);
}

/* libc makes them with malloc. Some programs change the locale for every number that they print. So
 * a registration is kept while the thread has another locale, and only blocks that a module made
 * are registered. */
static void note(locale_t locale, uintptr_t caller)
{
    struct thread *self = guard.self;
    uint32_t site = locale == LC_GLOBAL_LOCALE ? 0 : heap_site(locale);
    bool is_known =
        self && self->registered_locale == (uintptr_t)locale && self->locale_site == site;
    if (!is_known && site_may_be_unloaded(site_get(site)))
        register_own(locale, site, caller);
    else if (self)
        atomic_store_explicit(&self->locale, (uintptr_t)locale, memory_order_relaxed);
}

EXPORT locale_t uselocale(locale_t locale)
{
    real_need(real_uselocale);
    locale_t before = real_uselocale(locale);
    if (locale && before)
        note(locale, (uintptr_t)__builtin_return_address(0));
    return before;
}
