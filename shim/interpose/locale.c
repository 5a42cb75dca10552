// SPDX-License-Identifier: MIT
/* The locale of a thread. libstdc++ sets and restores it by another name (__uselocale). */
#include "interpose/real.h"
#include "lifecycle/start.h"
#include "registry/heap.h"
#include "registry/threads.h"

#include <locale.h>

/* libc makes them with malloc. Programs change to locales and back for each number that they print:
 * those of the program itself cost no more than this. */
static bool may_dangle(locale_t locale)
{
    return locale != LC_GLOBAL_LOCALE && site_may_be_unloaded(site_get(heap_site(locale)));
}

static void note(locale_t locale, uintptr_t caller)
{
    int saved_errno;
    struct registration *made = NULL;
    if (!lifecycle_enter(&saved_errno))
        return;
    if (locale != LC_GLOBAL_LOCALE)
        made = registration_prepare(&(struct registration_request){
            .type = REGISTERED_LOCALE, .data = (uintptr_t)locale, .caller = caller});
    thread_registered(made, REGISTERED_LOCALE);
    guard_leave(saved_errno);
}

EXPORT locale_t uselocale(locale_t locale)
{
    real_need(real_uselocale);
    locale_t before = real_uselocale(locale);
    if (locale && before && (may_dangle(locale) || registrations_any(REGISTERED_LOCALE)))
        note(locale, (uintptr_t)__builtin_return_address(0));
    return before;
}
