// SPDX-License-Identifier: MIT
#include "interpose/key_stubs.h"
#include "base/options.h"
#include "interpose/unloaded.h"
#include "lifecycle/fix.h"
#include "lifecycle/start.h"
#include "registry/key_stubs.h"

static void skip(const struct key_stub *slot)
{
    int saved_errno;
    if (!lifecycle_enter(&saved_errno))
        return;
    fix_skipped_destructor(slot->key, slot->generation, &slot->destructor);
    guard_leave(saved_errno);
}

static void run(unsigned number, void *value)
{
    const struct key_stub *slot = &key_stubs[number];
    key_destructor *destructor = (key_destructor *)slot->destructor.pc;
    if (function_is_unloaded(&slot->destructor))
        skip(slot);
    else
        destructor(value);
}

/* Each number from 0x000 to 0x3ff has a function. A macro is not expanded within itself, so there
 * are two that append a digit. */
/* clang-format off */
#define DIGITS(X, n) \
    X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) \
    X(n##8) X(n##9) X(n##a) X(n##b) X(n##c) X(n##d) X(n##e) X(n##f)
#define SIXTEEN(X, n) \
    X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) \
    X(n##8) X(n##9) X(n##a) X(n##b) X(n##c) X(n##d) X(n##e) X(n##f)
#define ALL(X) SIXTEEN(X, 0x0) SIXTEEN(X, 0x1) SIXTEEN(X, 0x2) SIXTEEN(X, 0x3)

#define STUB(n) static void stub_##n(void *value) { run(n, value); }
#define STUBS(n) DIGITS(STUB, n)
#define STUB_NAME(n) stub_##n,
#define STUB_NAMES(n) DIGITS(STUB_NAME, n)
/* clang-format on */

ALL(STUBS)

static key_destructor *const stubs[] = {ALL(STUB_NAMES)};

_Static_assert(ARRAY_SIZE(stubs) >= KEYS_MAX, "one for each key");

key_destructor *key_stub_for(key_destructor *destructor, struct key_stub **taken)
{
    int saved_errno;
    *taken = NULL;
    if (options.fix == FIX_OFF || !destructor || !lifecycle_enter(&saved_errno))
        return destructor;
    struct module *module = modules_find_live((uintptr_t)destructor);
    if (module && !module->startup)
        *taken = key_stub_take();
    if (*taken) {
        module_unref((*taken)->destructor.module);
        (*taken)->destructor = (struct frame){(uintptr_t)destructor, module_ref(module)};
    }
    guard_leave(saved_errno);
    return *taken ? stubs[*taken - key_stubs] : destructor;
}

void key_stub_made(struct key_stub *slot, const pthread_key_t *key, int error)
{
    if (!slot)
        return;
    slot->key = error ? KEYS_MAX : *key;
    slot->generation = error ? 0 : key_generation(*key);
    if (error)
        atomic_store(&slot->taken, false);
}

void key_stub_deleting(pthread_key_t key)
{
    if (options.fix != FIX_OFF)
        key_stub_free(key);
}
